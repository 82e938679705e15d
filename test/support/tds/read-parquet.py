"""Prints a Parquet file as JSON: names, and rows of texts; time stamps and
times of nanoseconds as numbers of their unit, binary in hex."""
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def texts(column):
    kind = column.type
    if pa.types.is_timestamp(kind) or kind == pa.time64("ns"):
        column = column.cast(pa.int64())
    for value in column.to_pylist():
        if value is None:
            yield None
        elif isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, bytes):
            yield value.hex().upper()
        elif hasattr(value, "isoformat"):
            yield value.isoformat()
        else:
            yield format(value, "f") if pa.types.is_decimal(kind) else str(value)


table = pq.read_table(sys.argv[1])
columns = [list(texts(table.column(name))) for name in table.schema.names]
json.dump({"names": table.schema.names, "rows": [list(row) for row in zip(*columns)]}, sys.stdout)
