"""Reads queries through Microsoft's mssql-python and prints every value in a plain text form.

Standard input: JSON {"connection": "...", "queries": [[sql, parameters...], ...]}.
Standard output: JSON, for each query {"columns": [...], "rows": [[text or null, ...], ...]} or {"error": "..."}.
"""
import datetime
import decimal
import json
import struct
import sys
import uuid

import mssql_python


def plain(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return '1' if value else '0'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return struct.pack('>d', value).hex()
    if isinstance(value, decimal.Decimal):
        return format(value, 'f')
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=' ', timespec='microseconds')
    if isinstance(value, datetime.time):
        return value.isoformat(timespec='microseconds')
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return 'x' + bytes(value).hex()
    return value.encode('utf-16-le', 'surrogatepass').hex()


def main():
    request = json.load(sys.stdin)
    connection = mssql_python.connect(request['connection'])
    answers = []
    for sql, *parameters in request['queries']:
        cursor = connection.cursor()
        try:
            cursor.execute(sql, *parameters)
            rows = [[plain(value) for value in row] for row in cursor.fetchall()]
            answers.append({'columns': [column[0] for column in cursor.description], 'rows': rows})
        except (mssql_python.Error, RuntimeError) as error:
            answers.append({'error': str(error)})
        finally:
            cursor.close()
    connection.close()
    json.dump(answers, sys.stdout)


main()
