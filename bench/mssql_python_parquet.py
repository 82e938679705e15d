"""mssql-python's own Arrow reader into pyarrow's Parquet writer: PORT ROWS WARM_UP_ROWS FOLDER COMPRESSION.

Prints JSON: rows, cpuSeconds, seconds, peakRssMb and version, of the second run; the first one warms up.
"""
import json
import os
import platform
import resource
import sys
import time

import mssql_python
import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 65536


def land(port, rows, path, compression):
    connection = mssql_python.connect(
        f'Server=127.0.0.1,{port};Database=bench;UID=reader;PWD=any;Encrypt=no;TrustServerCertificate=yes')
    cursor = connection.cursor()
    cursor.execute(f'select top {rows} * from dbo.Transactions')
    seen = 0
    reader = cursor.arrow_reader(BATCH_ROWS)
    with pq.ParquetWriter(path, reader.schema, compression=compression) as writer:
        for batch in reader:
            writer.write_batch(batch)
            seen += batch.num_rows
    connection.close()
    return seen


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss_mb():
    # As peak-memory.ts has it: ru_maxrss begins with that of the process that started this one.
    if os.path.exists('/proc/self/status'):
        with open('/proc/self/status') as status:
            return int(next(line for line in status if line.startswith('VmHWM:')).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(port, rows, warm_up_rows, folder, compression):
    path = os.path.join(folder, 'rows.parquet')
    land(port, warm_up_rows, path, compression)
    cpu_before, started = cpu(), time.monotonic()
    seen = land(port, rows, path, compression)
    print(json.dumps({
        'rows': seen,
        'cpuSeconds': cpu() - cpu_before,
        'seconds': time.monotonic() - started,
        'peakRssMb': peak_rss_mb(),
        'version': f'mssql-python {mssql_python.__version__}, pyarrow {pa.__version__}, python {platform.python_version()}',
    }))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
