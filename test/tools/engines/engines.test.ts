import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateDatabaseCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  type Engine, PyIcebergWriter, type Rows, sortedBy, startEngine, type TableAddress, Trino, WorkerEngine,
} from '../../../tools/engines';
import { type LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { describeEngines, describeWith } from '../../support/engines';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const TABLE = { database: 'lake', name: 'edge_values' };

/** By column, rows 1 to 5, as edge_values.py has them. */
const EXPECTED = {
  id: ['1', '2', '3', '4', '5'],
  int: ['-2147483648', '2147483647', '0', null, '7'],
  long: ['-9223372036854775808', '9223372036854775807', '0', null, '7'],
  boolean: ['true', 'false', 'true', null, 'false'],
  float: ['NaN', '-Infinity', '-0', null, '3.4028234663852886e+38'],
  double: ['NaN', 'Infinity', '-0', null, '5e-324'],
  decimal38: ['9'.repeat(38), `-${'9'.repeat(38)}`, '0', null, '1'],
  decimal38_12: ['12345678901234567890123456.123456789012', '-0.000000000001', '0.000000000000', null, '1.000000000000'],
  decimal9_4: ['99999.9999', '-0.0001', '0.0000', null, '1.0000'],
  date: ['0001-01-01', '9999-12-31', '1970-01-01', null, '1582-10-10'],
  timestamp: ['0001-01-01T00:00:00.000000', '9999-12-31T23:59:59.999999', '2020-02-29T12:00:00.914683', null, '1969-12-31T23:59:59.999999'],
  timestamptz: ['0001-01-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z', '2020-02-29T12:00:00.914683Z', null, '1969-12-31T23:59:59.999999Z'],
  string: ['', 'a\0b\n"ä😀', ' trailing ', null, 'x'.repeat(70)],
  binary: ['', '00ff', '616263', null, Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString('hex')],
  fixed: ['00000000', 'ffffffff', '30313233', null, '78787878'],
};

function columnsOf(table: Rows): object {
  const rows = sortedBy(table, 'id');
  return Object.fromEntries(table.names.map((name, index) => [name, rows.map((row) => row[index])]));
}

describeWith(['pyiceberg'], 'a table of PyIceberg in Glue and S3', () => {
  let cloud: LocalCloud;
  let folder: string;
  let pyiceberg: WorkerEngine;
  /** Of the first snapshot, which has the tag `first`; the second has every row twice. */
  let first: Required<TableAddress>;
  let second: Required<TableAddress>;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'engines-'));
    const file = path.join(folder, 'edge.parquet');
    execFileSync(path.join(ROOT, '.venv', 'bin', 'python'), [path.join(__dirname, 'edge_values.py'), file]);
    cloud = await startLocalCloud();
    const [s3, glue] = [new S3Client(cloud.clientConfig), new GlueClient(cloud.clientConfig)];
    await s3.send(new CreateBucketCommand({ Bucket: 'lake' }));
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: TABLE.database } }));
    s3.destroy();
    glue.destroy();
    pyiceberg = await WorkerEngine.start('pyiceberg', cloud);
    const writer = new PyIcebergWriter(pyiceberg);
    await writer.create(TABLE, file, 's3://lake/edge_values');
    await writer.tag(TABLE, 'first');
    first = { glue: TABLE, metadataLocation: await writer.metadata(TABLE) };
    await writer.append(TABLE, file);
    second = { glue: TABLE, metadataLocation: await writer.metadata(TABLE) };
  });
  afterAll(async () => {
    await pyiceberg?.stop();
    await cloud?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describeEngines(['pyiceberg', 'duckdb', 'spark', 'trino'], (name) => {
    let engine: Engine;
    beforeAll(async () => { engine = await startEngine(name, cloud); }, 240_000);
    afterAll(async () => engine?.stop());

    test('reads every cell of the first snapshot, found by its tag or its metadata', async () => {
      const read = name === 'duckdb' ? await engine.rows(first) : await engine.rows({ glue: TABLE }, { version: { tag: 'first' } });
      expect(columnsOf(read)).toEqual(EXPECTED);
    });

    test('reads the newest snapshot, and of it some columns', async () => {
      const read = await engine.rows(second, { columns: ['decimal9_4', 'id'] });
      expect(read.names).toEqual(['decimal9_4', 'id']);
      expect(sortedBy(read, 'id').map(([, id]) => id)).toEqual(['1', '1', '2', '2', '3', '3', '4', '4', '5', '5']);
    });

    test('finds snapshots by id', async () => {
      const snapshotId = await snapshotOf(cloud, first.metadataLocation);
      const read = await engine.rows(second, { version: { snapshotId }, columns: ['id'] });
      expect(sortedBy(read, 'id')).toEqual([['1'], ['2'], ['3'], ['4'], ['5']]);
    });

    test('sees what others commit at once', async () => {
      const changing = { database: TABLE.database, name: `changing_${name}` };
      const writer = new PyIcebergWriter(pyiceberg);
      const parquet = path.join(folder, 'edge.parquet');
      await writer.create(changing, parquet, `s3://lake/${changing.name}`);
      const count = async () => (await engine.rows(
        name === 'duckdb' ? { metadataLocation: await writer.metadata(changing) } : { glue: changing }, { columns: ['id'] },
      )).rows.length;
      expect(await count()).toBe(5);
      await writer.append(changing, parquet);
      expect(await count()).toBe(10);
    });

    test('says what it cannot read', async () => {
      await expect(engine.rows({ glue: { database: 'lake', name: 'none' }, metadataLocation: 's3://lake/none.metadata.json' }))
        .rejects.toThrow(new RegExp(`^${name}: `));
    });

    if (name !== 'pyiceberg') {
      test('answers SQL', async () => {
        expect(await engine.query('SELECT 1 AS one, CAST(NULL AS VARCHAR(3)) AS nothing')).toMatchObject({ names: ['one', 'nothing'], rows: [['1', null]] });
      });
    }

    if (name === 'trino') {
      test('a metadata file gets a name', async () => {
        await (engine as Trino).register('lake', 'registered', 's3://lake/edge_values', path.basename(first.metadataLocation));
        const read = await engine.rows({ glue: { database: 'lake', name: 'registered' } }, { columns: ['id'] });
        expect(sortedBy(read, 'id')).toHaveLength(5);
      });

      test('writers that race by Glue\'s VersionId lose nothing', async () => {
        const parquet = path.join(folder, 'edge.parquet');
        await Promise.all([
          new PyIcebergWriter(pyiceberg).append(TABLE, parquet),
          engine.query('INSERT INTO glue.lake.edge_values (id) VALUES (6)'),
          engine.query('INSERT INTO glue.lake.edge_values (id) VALUES (7)'),
        ]);
        const ids = sortedBy(await pyiceberg.rows({ glue: TABLE }, { columns: ['id'] }), 'id');
        expect(ids).toHaveLength(17);
        expect(ids.slice(-2)).toEqual([['6'], ['7']]);
      });
    }
  });
});

async function snapshotOf(cloud: LocalCloud, metadataLocation: string): Promise<string> {
  const { bucket, key } = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/.exec(metadataLocation)!.groups!;
  const s3 = new S3Client(cloud.clientConfig);
  try {
    const text = await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).Body!.transformToString();
    return /"current-snapshot-id":\s*(\d+)/.exec(text)![1];
  } finally {
    s3.destroy();
  }
}
