"""ConnectorX into an Arrow table, pyarrow's Parquet writer behind it; arguments as measure.py has them.

Its driver (Tiberius) cannot ask for another packet size than 4,096 bytes. `encrypt` is left out of the address, since any
value of it makes the driver encrypt.
"""
import platform
from importlib.metadata import version

import connectorx
import pyarrow as pa
import pyarrow.parquet as pq

from measure import measure


def land(port, packet_size, rows, path, compression):
    table = connectorx.read_sql(
        f'mssql://reader:any@127.0.0.1:{port}/bench?trust_server_certificate=true',
        f'select top {rows} * from dbo.Transactions', return_type='arrow')
    pq.write_table(table, path, compression=compression)
    return table.num_rows


measure(land, f'connectorx {version("connectorx")} (packets of 4096), pyarrow {pa.__version__}, python {platform.python_version()}')
