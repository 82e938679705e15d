"""PyIceberg: https://py.iceberg.apache.org/api/"""

import decimal

import pyarrow as pa
import pyiceberg
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import EqualTo
from pyiceberg.table import StaticTable
from pyiceberg.types import (
    BinaryType, BooleanType, DecimalType, DoubleType, FloatType, IntegerType, LongType, TimestamptzType,
)

import cells


def settings(cloud):
    """Without a cloud tables lie in folders."""
    if not cloud:
        return {}
    return {
        's3.endpoint': cloud['endpoint'],
        's3.region': cloud['region'],
        's3.access-key-id': cloud['accessKeyId'],
        's3.secret-access-key': cloud['secretAccessKey'],
        's3.path-style-access': 'true',
        'glue.endpoint': cloud['endpoint'],
        'glue.region': cloud['region'],
        'glue.access-key-id': cloud['accessKeyId'],
        'glue.secret-access-key': cloud['secretAccessKey'],
    }


class Engine:
    def __init__(self, cloud):
        self.settings = settings(cloud)
        self.version = pyiceberg.__version__

    def catalog(self):
        return load_catalog('glue', type='glue', **self.settings)

    def open(self, table):
        if 'rest' in table:
            rest = load_catalog('rest', type='rest', uri=table['rest'], **self.settings)
            return rest.load_table((table['database'], table['name']))
        if 'metadata' in table:
            return StaticTable.from_metadata(table['metadata'], self.settings)
        return self.catalog().load_table((table['database'], table['name']))

    def rows(self, table, at=None, columns=None):
        opened = self.open(table)
        snapshot = None
        if at:
            snapshot = opened.snapshot_by_name(at['tag']).snapshot_id if 'tag' in at else int(at['snapshot'])
        scan = opened.scan(snapshot_id=snapshot, selected_fields=tuple(columns or ('*',)))
        types = {field.name: str(field.field_type) for field in scan.projection().fields}
        # PyIceberg gives columns in the schema's order.
        arrow = scan.to_arrow().select(columns or list(types))
        return cells.table(arrow, [types[name] for name in arrow.schema.names])

    def count(self, table):
        return self.open(table).scan().count()

    def find(self, table, cases, key):
        """For each pair of a column and a value the keys of its rows, and how many files its statistics left to read."""
        opened = self.open(table)
        found = []
        for column, value in cases:
            scan = opened.scan(EqualTo(column, literal_of(opened.schema().find_type(column), value)), selected_fields=(key,))
            found.append({'keys': cells.column(scan.to_arrow().column(0)), 'files': len(list(scan.plan_files()))})
        return found

    def create(self, table, file, location, properties=None):
        """Makes a table from the columns of a Parquet file and appends its rows."""
        arrow = read(file)
        made = self.catalog().create_table((table['database'], table['name']), arrow.schema, location, properties=properties or {})
        made.append(arrow)
        return made.metadata_location

    def append(self, table, file):
        opened = self.open(table)
        opened.append(read(file))
        return opened.metadata_location

    def tag(self, table, name):
        opened = self.open(table)
        opened.manage_snapshots().create_tag(opened.current_snapshot().snapshot_id, name).commit()

    def set_properties(self, table, properties):
        with self.open(table).transaction() as transaction:
            transaction.set_properties(properties)

    def metadata(self, table):
        return self.open(table).metadata_location


def literal_of(kind, text):
    """Texts of times become times where they are compared."""
    if isinstance(kind, (IntegerType, LongType)):
        return int(text)
    if isinstance(kind, (FloatType, DoubleType)):
        return float(text)
    if isinstance(kind, DecimalType):
        return decimal.Decimal(text)
    if isinstance(kind, BooleanType):
        return text == 'true'
    if isinstance(kind, BinaryType):
        return bytes.fromhex(text)
    if isinstance(kind, TimestamptzType):
        return text.replace('Z', '+00:00')
    return text


def read(file):
    with pa.memory_map(file) as source:
        import pyarrow.parquet

        return pyarrow.parquet.read_table(source)
