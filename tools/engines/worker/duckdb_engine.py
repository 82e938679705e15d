"""DuckDB with its iceberg extension: https://duckdb.org/docs/current/core_extensions/iceberg/overview"""

import importlib
import pathlib

import duckdb

import cells

# iceberg loads avro by itself, and httpfs for s3:// paths, but would fetch them from a server.
EXTENSIONS = ('avro', 'httpfs', 'icu', 'iceberg')


def path_of(extension):
    package = importlib.import_module(f'duckdb_extension_{extension}')
    version = duckdb.sql('SELECT library_version FROM pragma_version()').fetchone()[0]
    return pathlib.Path(package.__path__[0]) / 'extensions' / version / f'{extension}.duckdb_extension'


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


class Engine:
    def __init__(self, cloud):
        self.version = duckdb.__version__
        self.connection = duckdb.connect(config={'autoinstall_known_extensions': False})
        for extension in EXTENSIONS:
            self.connection.execute(f'LOAD {text(path_of(extension))}')
        self.connection.execute("SET TimeZone = 'UTC'")
        if cloud:
            host = cloud['endpoint'].removeprefix('http://')
            self.connection.execute(
                f"CREATE SECRET (TYPE s3, KEY_ID {text(cloud['accessKeyId'])}, SECRET {text(cloud['secretAccessKey'])},"
                f" REGION {text(cloud['region'])}, ENDPOINT {text(host)}, URL_STYLE 'path', USE_SSL false)"
            )

    def rows(self, table, at=None, columns=None):
        scan = [text(table['metadata'])]
        if at and 'snapshot' in at:
            scan.append(f"snapshot_from_id => {at['snapshot']}")
        elif at:
            raise ValueError('iceberg_scan knows snapshots by id only')
        if table.get('moved'):
            scan.append('allow_moved_paths => true')
        names = ', '.join('"' + name.replace('"', '""') + '"' for name in columns or ()) or '*'
        return self.query(f"SELECT {names} FROM iceberg_scan({', '.join(scan)})")

    def query(self, sql):
        result = self.connection.sql(sql)
        return cells.table(result.to_arrow_table(), [str(kind) for kind in result.types])

    def execute(self, sql):
        self.connection.execute(sql)
