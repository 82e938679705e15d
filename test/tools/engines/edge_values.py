"""Writes a Parquet file of values at the edges of Iceberg's types. Usage: edge_values.py FILE"""

import datetime
import decimal
import sys

import pyarrow as pa
import pyarrow.parquet as pq

D = decimal.Decimal
INSTANTS = [
    datetime.datetime(1, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(2020, 2, 29, 12, 0, 0, 914683),
    None,
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
]
table = pa.table(
    {
        'id': pa.array([1, 2, 3, 4, 5], pa.int64()),
        'int': pa.array([-(2**31), 2**31 - 1, 0, None, 7], pa.int32()),
        'long': pa.array([-(2**63), 2**63 - 1, 0, None, 7], pa.int64()),
        'boolean': pa.array([True, False, True, None, False]),
        'float': pa.array([float('nan'), float('-inf'), -0.0, None, 3.4028234663852886e38], pa.float32()),
        'double': pa.array([float('nan'), float('inf'), -0.0, None, 5e-324], pa.float64()),
        'decimal38': pa.array([D('9' * 38), D('-' + '9' * 38), D(0), None, D(1)], pa.decimal128(38, 0)),
        'decimal38_12': pa.array(
            [D('12345678901234567890123456.123456789012'), D('-0.000000000001'), D(0), None, D(1)], pa.decimal128(38, 12)
        ),
        'decimal9_4': pa.array([D('99999.9999'), D('-0.0001'), D(0), None, D(1)], pa.decimal128(9, 4)),
        'date': pa.array(
            [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(1970, 1, 1), None, datetime.date(1582, 10, 10)]
        ),
        'timestamp': pa.array(INSTANTS, pa.timestamp('us')),
        'timestamptz': pa.array(INSTANTS, pa.timestamp('us', 'UTC')),
        'string': pa.array(['', 'a\x00b\n"\u00e4\U0001f600', ' trailing ', None, 'x' * 70]),
        'binary': pa.array([b'', b'\x00\xff', b'abc', None, bytes(range(256))], pa.binary()),
        'fixed': pa.array([b'\0' * 4, b'\xff' * 4, b'0123', None, b'xxxx'], pa.binary(4)),
    }
)
pq.write_table(table, sys.argv[1])
