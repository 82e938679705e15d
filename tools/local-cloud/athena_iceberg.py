"""Athena over the Iceberg tables of Glue, which ministack 1.5.33 takes for folders of CSV.

What a table shows is what its current snapshot names: https://iceberg.apache.org/spec/ (Manifest Lists, Manifests). Equality deletes
are applied to files of lower sequence numbers (Scan Planning); position deletes are not: a table that has any is refused. Columns are
found by field id, as engines find them.
"""

import io
import json
import os
import tempfile
import zlib
from urllib.parse import urlparse

from ministack.services import athena, glue
from ministack.services import s3

DELETED = 2
DATA = 0
POSITION_DELETES = 1


def install():
    materialize, relation = athena._materialize_table_files, athena._table_relation

    def materialize_table_files(location, workdirs):
        table = next((each for each in iceberg_tables() if each['StorageDescriptor'].get('Location') == location), None)
        if table is None:
            return materialize(location, workdirs)
        folder = tempfile.mkdtemp(prefix='ministack-athena-')
        workdirs.append(folder)
        files = []
        for number, each in enumerate(live_files(metadata_of(table))):
            files.append(os.path.join(folder, f'{number}.parquet'))
            with open(files[-1], 'wb') as file:
                file.write(read(each['path']))
        return files

    def table_relation(table, files):
        if not is_iceberg(table):
            return relation(table, files)
        metadata = metadata_of(table)
        schema = next(each for each in metadata['schemas'] if each['schema-id'] == metadata['current-schema-id'])
        return rows_of(schema['fields'], [dict(each, file=file) for file, each in zip(files, live_files(metadata))])

    athena._materialize_table_files, athena._table_relation = materialize_table_files, table_relation


def is_iceberg(table):
    return (table.get('Parameters') or {}).get('table_type', '').upper() == 'ICEBERG'


def iceberg_tables():
    return [table for table in list(glue._tables.values()) if is_iceberg(table)]


def metadata_of(table):
    return json.loads(read(table['Parameters']['metadata_location']))


def live_files(metadata):
    """Files of the current snapshot: what they hold, their sequence numbers, and the columns that equality deletes compare."""
    snapshot = next((each for each in metadata.get('snapshots', []) if each['snapshot-id'] == metadata.get('current-snapshot-id')), None)
    for manifest in avro_records(read(snapshot['manifest-list'])) if snapshot else []:
        for entry in avro_records(read(manifest['manifest_path'])):
            if entry['status'] == DELETED:
                continue
            file, own = entry['data_file'], entry.get('sequence_number')
            if file['content'] == POSITION_DELETES:
                raise ValueError('position deletes of Iceberg tables are not applied by the local cloud')
            yield {
                'path': file['file_path'],
                'content': file['content'],
                'sequence': manifest['sequence_number'] if own is None else own,
                'equality_ids': tuple(file.get('equality_ids') or ()),
            }


def rows_of(fields, files):
    """A relation of the rows of data files that no equality delete of a later sequence number names."""
    deletes = [each for each in files if each['content'] != DATA]
    parts = []
    for later, group in groups([each for each in files if each['content'] == DATA],
                               lambda data: tuple(each['file'] for each in deletes if each['sequence'] > data['sequence'])):
        kept = f"SELECT rows.* FROM {scan(fields, [each['file'] for each in group])} AS rows"
        conditions = []
        for ids, some in groups([each for each in deletes if each['file'] in later], lambda each: each['equality_ids']):
            keys = [field for field in fields if field['id'] in ids]
            same = ' AND '.join(f"rows.{quoted(key['name'])} IS NOT DISTINCT FROM gone.{quoted(key['name'])}" for key in keys)
            conditions.append(f"NOT EXISTS (SELECT 1 FROM {scan(keys, [each['file'] for each in some])} AS gone WHERE {same})")
        parts.append(kept + (f" WHERE {' AND '.join(conditions)}" if conditions else ''))
    # Without files there is no table to read the columns from.
    return f"({' UNION ALL '.join(parts)})" if deletes else scan(fields, [each['file'] for each in files])


def groups(items, key):
    found = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found.items()


def scan(fields, files):
    columns = ', '.join(
        f"{field['id']}: {{name: {literal(field['name'])}, type: {literal(duckdb_type(field['type']))}, default_value: NULL}}" for field in fields
    )
    return f"read_parquet([{', '.join(map(literal, files))}], schema = MAP {{{columns}}})"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def read(uri):
    parsed = urlparse(uri)
    # Not decoded: keys may hold percent signs of their own.
    data = s3._get_object_data(parsed.netloc, uri.split('/', 3)[3])
    if data is None:
        raise FileNotFoundError(uri)
    return bytes(data)


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def duckdb_type(iceberg):
    names = {'int': 'INTEGER', 'long': 'BIGINT', 'float': 'FLOAT', 'double': 'DOUBLE', 'boolean': 'BOOLEAN', 'string': 'VARCHAR', 'binary': 'BLOB',
             'timestamptz': 'TIMESTAMP WITH TIME ZONE'}
    return names.get(iceberg, iceberg.upper())


def avro_records(data):
    """Records of an object container file: https://avro.apache.org/docs/1.11.1/specification/#object-container-files"""
    source = io.BytesIO(data)
    if source.read(4) != b'Obj\x01':
        raise ValueError('no Avro file')
    header = value(source, {'type': 'map', 'values': 'bytes'})
    schema, codec = json.loads(header['avro.schema']), header.get('avro.codec', b'null')
    sync = source.read(16)
    while source.tell() < len(data):
        count, size = long(source), long(source)
        block = source.read(size)
        rows = io.BytesIO(zlib.decompress(block, -15) if codec == b'deflate' else block)
        for _ in range(count):
            yield value(rows, schema)
        if source.read(16) != sync:
            raise ValueError('an Avro block does not end as the file says')


def long(source):
    shift = number = 0
    while True:
        byte = source.read(1)[0]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1)
        shift += 7


def value(source, schema):
    if isinstance(schema, list):
        return value(source, schema[long(source)])
    kind = schema['type'] if isinstance(schema, dict) else schema
    if isinstance(kind, (dict, list)):
        return value(source, kind)
    if kind == 'record':
        return {field['name']: value(source, field['type']) for field in schema['fields']}
    if kind in ('array', 'map'):
        return items(source, schema)
    if kind in ('int', 'long'):
        return long(source)
    if kind in ('bytes', 'string'):
        read_bytes = source.read(long(source))
        return read_bytes if kind == 'bytes' else read_bytes.decode()
    if kind == 'boolean':
        return source.read(1) == b'\x01'
    if kind == 'null':
        return None
    return source.read({'fixed': schema['size'] if kind == 'fixed' else 0, 'float': 4, 'double': 8}[kind])


def items(source, schema):
    array, mapped = [], {}
    while (count := long(source)) != 0:
        if count < 0:
            # The size of the block in bytes, for those who skip it.
            count = -count
            long(source)
        for _ in range(count):
            if schema['type'] == 'array':
                array.append(value(source, schema['items']))
            else:
                key = value(source, 'string')
                mapped[key] = value(source, schema['values'])
    return array if schema['type'] == 'array' else mapped
