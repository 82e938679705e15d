import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExtractFormat, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { resolveOptions } from '../../../../src/extractor/run/context/run-options';

const PROPS: ExtractorProps = { source: { server: 'db', database: 'Ledger', user: 'reader' }, target: 'file:///x' };
const ENV = { LEGACY_TO_S3_PASSWORD: 'hunter2', OTHER: 'other' };

test('defaults', async () => {
  expect(await resolveOptions(PROPS, ENV)).toMatchObject({
    connection: {
      host: 'db', instance: undefined, port: undefined, password: 'hunter2', encryption: 'mandatory', trustServerCertificate: false, connectTimeoutMs: 15_000, ca: undefined,
    },
    format: { name: 'parquet', compression: 'zstd' },
    targetFileBytes: 268_435_456,
    readers: 2,
    include: undefined,
    exclude: [],
    query: undefined,
  });
});

test('overrides', async () => {
  const props: ExtractorProps = {
    source: { ...PROPS.source, server: 'db\\old', encrypt: false, trustServerCertificate: true, connectTimeoutSeconds: 3, passwordFromEnv: 'OTHER' },
    target: 's3://ledger/p',
    tables: ['dbo.*'],
    excludeTables: ['x'],
    format: ExtractFormat.csv({ delimiter: ';' }),
    targetFileBytes: 2 ** 20,
    readers: 5,
    region: 'eu-west-1',
    endpointUrl: 'http://127.0.0.1:9000',
    kmsKeyId: 'key',
    expectedBucketOwner: '123456789012',
  };
  expect(await resolveOptions(props, ENV)).toMatchObject({
    connection: { host: 'db', instance: 'old', password: 'other', encryption: 'none', trustServerCertificate: true, connectTimeoutMs: 3000 },
    format: { name: 'csv', delimiter: ';' },
    targetOptions: { region: 'eu-west-1', endpointUrl: 'http://127.0.0.1:9000', kmsKeyId: 'key', expectedBucketOwner: '123456789012', writers: 5 },
    include: ['dbo.*'],
    exclude: ['x'],
    targetFileBytes: 2 ** 20,
    readers: 5,
  });
});

test('a query lands under schema query, or under its own, and has one reader', async () => {
  expect(await resolveOptions({ ...PROPS, query: { sql: 'SELECT 1 AS a', name: 'one' }, readers: 4 }, ENV))
    .toMatchObject({ query: { sql: 'SELECT 1 AS a', schema: 'query', table: 'one' }, readers: 1 });
  expect((await resolveOptions({ ...PROPS, query: { sql: 'SELECT 1 AS a', name: 'sales.one' } }, ENV)).query).toMatchObject({ schema: 'sales', table: 'one' });
});

test('a wrong pattern is refused before anything is reached', async () => {
  await expect(resolveOptions({ ...PROPS, excludeTables: ['a.b.c'] }, ENV)).rejects.toThrow("'a.b.c' is not a table pattern");
});

describe('caFile', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'ca-')); });
  afterEach(() => rmSync(folder, { recursive: true }));
  const withCa = (caFile: string) => resolveOptions({ ...PROPS, source: { ...PROPS.source, caFile } }, ENV);

  test('is read', async () => {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\n');
    expect((await withCa(path)).connection.ca).toContain('BEGIN CERTIFICATE');
  });

  test('must be there and hold a certificate', async () => {
    const path = join(folder, 'empty.pem');
    writeFileSync(path, 'x');
    await expect(withCa(path)).rejects.toThrow('holds no PEM certificate');
    await expect(withCa(join(folder, 'missing'))).rejects.toThrow(/cannot read the CA file .* ENOENT/);
  });
});
