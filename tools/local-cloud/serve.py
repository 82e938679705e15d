"""Serves ministack on two loopback ports: HTTPS, and HTTP for clients that cannot be made to trust its certificate.

With IAM enforced, bucket and queue policies that want TLS refuse what comes by HTTP, as they should; only the account's
root still reaches S3 that way. Usage: serve.py HTTPS_PORT HTTP_PORT FOLDER
"""

import asyncio
import datetime
import ipaddress
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADDRESS = '127.0.0.1'


def make_certificate(folder):
    """Writes a self-signed certificate for loopback and its key; gives both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'local cloud')])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = os.path.join(folder, 'certificate.pem'), os.path.join(folder, 'key.pem')
    with open(paths[0], 'wb') as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(os.open(paths[1], os.O_CREAT | os.O_WRONLY, 0o600), 'wb') as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return paths


https_port, http_port, folder = sys.argv[1:]
certfile, keyfile = make_certificate(folder)
# ministack reads its settings when it is imported.
os.environ.update(
    USE_SSL='1', GATEWAY_PORT=https_port, MINISTACK_SSL_CERT=certfile, MINISTACK_SSL_KEY=keyfile, BIND_HOST=ADDRESS
)

from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack.app import app  # noqa: E402

import athena_iceberg  # noqa: E402
import ecs_processes  # noqa: E402
import error_traces  # noqa: E402
import glue_tables  # noqa: E402
import schedule_context  # noqa: E402
import secret_arns  # noqa: E402
import step_functions  # noqa: E402

athena_iceberg.install()
error_traces.install()
glue_tables.install()
schedule_context.install()
secret_arns.install()
step_functions.install()
ecs_processes.install()
from ministack.core.lambda_runtime import Worker  # noqa: E402

# ministack takes an invocation's log as complete when no line came for 5 ms; on a busy machine the last line, which is the
# one with the metrics, then waits for the worker's next invocation. Here it waits 50 ms for it.
collect_log = Worker._drain_stderr_bounded
Worker._drain_stderr_bounded = lambda self: collect_log(self, first_line_wait=0.25, idle_confirm=0.05, hard_cap=1.0)

config = Config()
config.bind = [f'{ADDRESS}:{https_port}']
config.insecure_bind = [f'{ADDRESS}:{http_port}']
config.certfile = certfile
config.keyfile = keyfile
config.keep_alive_timeout = 75
config.loglevel = 'INFO'
asyncio.run(serve(app, config))
