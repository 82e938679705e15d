"""mssql-python's own Arrow reader into pyarrow's Parquet writer; arguments as measure.py has them."""
import platform

import mssql_python
import pyarrow as pa
import pyarrow.parquet as pq

from measure import measure

BATCH_ROWS = 65536


def land(port, packet_size, rows, path, compression):
    connection = mssql_python.connect(
        f'Server=127.0.0.1,{port};Database=bench;UID=reader;PWD=any;Encrypt=no;TrustServerCertificate=yes;PacketSize={packet_size}')
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


measure(land, f'mssql-python {mssql_python.__version__}, pyarrow {pa.__version__}, python {platform.python_version()}')
