"""Spark with Iceberg's runtime: https://iceberg.apache.org/docs/latest/spark-queries/"""

import os

import pyspark
from pyspark.sql import SparkSession

import cells


class Engine:
    def __init__(self, cloud):
        self.version = pyspark.__version__
        # Two threads as the machines have two cores; the default of 200 partitions is for clusters.
        settings = {
            'spark.master': 'local[2]',
            'spark.driver.memory': '1g',
            'spark.driver.host': '127.0.0.1',
            'spark.driver.bindAddress': '127.0.0.1',
            'spark.ui.enabled': 'false',
            'spark.sql.session.timeZone': 'UTC',
            'spark.sql.shuffle.partitions': '2',
            'spark.sql.execution.arrow.pyspark.enabled': 'true',
            'spark.jars': os.environ['ENGINE_JARS'],
            'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
            'spark.local.dir': os.environ['TMPDIR'],
            'spark.sql.warehouse.dir': os.environ['TMPDIR'] + '/warehouse',
            'spark.log.level': 'ERROR',
            'spark.sql.catalog.spark_catalog': 'org.apache.iceberg.spark.SparkSessionCatalog',
            'spark.sql.catalog.spark_catalog.type': 'hadoop',
            'spark.sql.catalog.spark_catalog.cache-enabled': 'false',
            'spark.sql.catalog.spark_catalog.warehouse': os.environ['TMPDIR'] + '/warehouse',
        }
        if cloud:
            settings |= catalog(cloud)
            os.environ |= {
                'AWS_ACCESS_KEY_ID': cloud['accessKeyId'],
                'AWS_SECRET_ACCESS_KEY': cloud['secretAccessKey'],
                'AWS_REGION': cloud['region'],
            }
        builder = SparkSession.builder
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()

    def rows(self, table, at=None, columns=None):
        if 'metadata' in table:
            reader = self.session.read.format('iceberg')
            if at:
                reader = reader.option('tag', at['tag']) if 'tag' in at else reader.option('snapshot-id', at['snapshot'])
            frame = reader.load(table['metadata'])
        else:
            version = ''
            if at:
                version = f" VERSION AS OF '{at['tag']}'" if 'tag' in at else f" VERSION AS OF {at['snapshot']}"
            frame = self.session.sql(f"SELECT * FROM glue.{quoted(table['database'])}.{quoted(table['name'])}{version}")
        return self.answer(frame.select(*map(quoted, columns)) if columns else frame)

    def query(self, sql):
        return self.answer(self.session.sql(sql))

    def execute(self, sql):
        self.session.sql(sql).collect()

    def answer(self, frame):
        return cells.table(frame.toArrow(), [field.dataType.simpleString() for field in frame.schema.fields])


def quoted(name):
    return '`' + name.replace('`', '``') + '`'


def catalog(cloud):
    name = 'spark.sql.catalog.glue'
    io = {
        'io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
        's3.endpoint': cloud['endpoint'],
        's3.path-style-access': 'true',
        's3.access-key-id': cloud['accessKeyId'],
        's3.secret-access-key': cloud['secretAccessKey'],
        'client.region': cloud['region'],
    }
    # A cached table would not show what others commit.
    glue = {'type': 'glue', 'cache-enabled': 'false', 'glue.endpoint': cloud['endpoint'], 'warehouse': 's3://warehouse', **io}
    # Tables by the location of their metadata are read by the session's own catalog.
    return (
        {name: 'org.apache.iceberg.spark.SparkCatalog'}
        | {f'{name}.{key}': value for key, value in glue.items()}
        | {f'spark.sql.catalog.spark_catalog.{key}': value for key, value in io.items()}
    )
