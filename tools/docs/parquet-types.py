"""Prints the columns of a Parquet file as DuckDB and pyarrow show them: JSON lists of [name, type, value]."""
import json
import sys

import duckdb
import pyarrow.parquet as pq


def main(path):
    reader = duckdb.connect()
    described = reader.execute('describe select * from read_parquet(?)', [path]).fetchall()
    texts = ', '.join('"{}"::varchar'.format(name) for name, *_ in described)
    [row] = reader.execute('select {} from read_parquet(?)'.format(texts), [path]).fetchall()
    table = pq.read_table(path)
    json.dump({
        'duckdb': [[name, kind, value] for (name, kind, *_), value in zip(described, row)],
        'pyarrow': [[field.name, str(field.type), str(table.column(i)[0].as_py())] for i, field in enumerate(table.schema)],
    }, sys.stdout)


main(sys.argv[1])
