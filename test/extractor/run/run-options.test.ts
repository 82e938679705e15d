import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExtractFormat, type ExtractorProps } from '../../../src/extractor/public';
import { resolveOptions } from '../../../src/extractor/run/run-options';

const PROPS: ExtractorProps = { source: { server: 'db', database: 'Ledger', user: 'reader' }, target: 'file:///x' };
const ENV = { LEGACY_TO_S3_PASSWORD: 'hunter2', OTHER: 'other' };

test('defaults', () => {
  expect(resolveOptions(PROPS, ENV)).toMatchObject({
    connection: {
      host: 'db', instance: undefined, port: undefined, password: 'hunter2', encrypt: true, trustServerCertificate: false, connectTimeoutMs: 15_000, ca: undefined,
    },
    format: { name: 'parquet', compression: 'zstd' },
    targetFileBytes: 268_435_456,
    readers: 2,
    include: undefined,
    exclude: [],
    query: undefined,
  });
});

test('overrides', () => {
  const props: ExtractorProps = {
    source: { ...PROPS.source, server: 'db\\old', encrypt: false, trustServerCertificate: true, connectTimeoutSeconds: 3, passwordFromEnv: 'OTHER' },
    target: 's3://b/p',
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
  expect(resolveOptions(props, ENV)).toMatchObject({
    connection: { host: 'db', instance: 'old', password: 'other', encrypt: false, trustServerCertificate: true, connectTimeoutMs: 3000 },
    format: { name: 'csv', delimiter: ';' },
    targetOptions: { region: 'eu-west-1', endpointUrl: 'http://127.0.0.1:9000', kmsKeyId: 'key', expectedBucketOwner: '123456789012', writers: 5 },
    include: ['dbo.*'],
    exclude: ['x'],
    targetFileBytes: 2 ** 20,
    readers: 5,
  });
});

test('a password given as such wins over the environment', () => {
  expect(resolveOptions({ ...PROPS, source: { ...PROPS.source, password: '' } }, ENV).connection.password).toBe('');
});

test('a missing password names the variable', () => {
  expect(() => resolveOptions(PROPS, {})).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining('LEGACY_TO_S3_PASSWORD') }));
  expect(() => resolveOptions({ ...PROPS, source: { ...PROPS.source, passwordFromEnv: 'NOT_SET' } }, ENV)).toThrow('NOT_SET');
});

test('a query lands under schema query, or under its own, and has one reader', () => {
  expect(resolveOptions({ ...PROPS, query: { sql: 'SELECT 1 AS a', name: 'one' }, readers: 4 }, ENV))
    .toMatchObject({ query: { sql: 'SELECT 1 AS a', schema: 'query', table: 'one' }, readers: 1 });
  expect(resolveOptions({ ...PROPS, query: { sql: 'SELECT 1 AS a', name: 'sales.one' } }, ENV).query).toMatchObject({ schema: 'sales', table: 'one' });
});

test('a wrong pattern is refused before anything is reached', () => {
  expect(() => resolveOptions({ ...PROPS, excludeTables: ['a.b.c'] }, ENV)).toThrow("'a.b.c' is not a table pattern");
});

describe('caFile', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'ca-')); });
  afterEach(() => rmSync(folder, { recursive: true }));
  const withCa = (caFile: string) => resolveOptions({ ...PROPS, source: { ...PROPS.source, caFile } }, ENV);

  test('is read', () => {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\n');
    expect(withCa(path).connection.ca).toContain('BEGIN CERTIFICATE');
  });

  test('must be there and hold a certificate', () => {
    const path = join(folder, 'empty.pem');
    writeFileSync(path, 'x');
    expect(() => withCa(path)).toThrow('holds no PEM certificate');
    expect(() => withCa(join(folder, 'missing'))).toThrow(/cannot read the CA file .* ENOENT/);
  });
});
