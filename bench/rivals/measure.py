"""Measures a client that lands a table: warms up, if asked to, then lands it with the clock on, and prints JSON."""
import json
import os
import resource
import sys
import time
import traceback


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss_mb():
    # As peak-memory.ts has it: ru_maxrss begins with that of the process that started this one.
    if os.path.exists('/proc/self/status'):
        with open('/proc/self/status') as status:
            return int(next(line for line in status if line.startswith('VmHWM:')).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(land, version):
    """Arguments of the command: PORT ROWS WARM_UP_ROWS PACKET_SIZE FOLDER COMPRESSION.

    land(port, packet_size, rows, path, compression) gives the number of rows it saw.
    """
    try:
        report(land, version)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        # A driver may wait for ever for the rest of a result when its connection is closed.
        os._exit(1)


def report(land, version):
    port, rows, warm_up_rows, packet_size = (int(each) for each in sys.argv[1:5])
    folder, compression = sys.argv[5:]
    path = os.path.join(folder, 'rows.parquet')
    if warm_up_rows > 0:
        land(port, packet_size, warm_up_rows, path, compression)
    cpu_before, started = cpu(), time.monotonic()
    seen = land(port, packet_size, rows, path, compression)
    print(json.dumps({
        'rows': seen,
        'cpuSeconds': cpu() - cpu_before,
        'processCpuSeconds': cpu(),
        'seconds': time.monotonic() - started,
        'peakRssMb': peak_rss_mb(),
        'version': version,
    }))
