import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import sql from 'mssql';
import { parseManifest, type Manifest } from '../../../src/contract';
import { type SqlServerSource } from '../../../src/extractor/api/sql-server-source';
import { extract, ExtractFormat, TextCompression, type ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { manifestValidator } from '../../support/runs/manifest-schema';

const READER = { user: 'reader', password: 'reader-Secret-1', denySelect: ['dbo.Customers'] };

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 20_000, logins: [READER] });
  client = await new sql.ConnectionPool({
    server: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    database: server.database,
    options: { encrypt: false, useUTC: true },
  }).connect();
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'stand-in-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function source(overrides: Partial<SqlServerSource> = {}): SqlServerSource {
  return { server: 'localhost', port: server.port, database: server.database, user: server.user, password: server.password, caFile: server.caFile, ...overrides };
}

async function run(overrides: Partial<ExtractorProps> = {}) {
  const props = { source: source(), target: pathToFileURL(folder).href, ...overrides };
  const result = await extract(props);
  return { result, manifest: parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8')) };
}

async function duckdb(query: string): Promise<string[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    const [row] = await (await connection.run(query)).getRowsJson();
    return row.map((value) => String(value));
  } finally {
    connection.closeSync();
  }
}

function landed(manifest: Manifest, table: string, reader: string): string {
  const objects = manifest.tables.find((each) => each.table === table)!.objects;
  return `${reader}([${objects.map(({ key }) => `'${join(folder, key)}'`).join(', ')}])`;
}

const FORMATS = [
  ['CSV', ExtractFormat.csv(), 'read_csv'],
  ['CSV in gzip', ExtractFormat.csv({ compression: TextCompression.GZIP }), 'read_csv'],
  ['JSON Lines', ExtractFormat.jsonLines(), 'read_json'],
  ['Parquet', ExtractFormat.parquet(), 'read_parquet'],
] as const;

describe.each(FORMATS)('the whole database as %s', (_, format, reader) => {
  test('has the rows and sums that another client reads from the source', async () => {
    const { result, manifest } = await run({ format });
    expect(result.warnings.filter((warning) => !warning.includes('SNAPSHOT'))).toEqual([]);
    expect(manifest.verification.state).toBe('verified');
    const validate = manifestValidator({ strict: true });
    validate(manifest);
    expect(validate.errors).toBeNull();
    for (const { schema, table, rows } of manifest.tables) {
      const { recordset } = await client.query(`SELECT COUNT_BIG(*) AS n FROM [${schema}].[${table.replaceAll(']', ']]')}]`);
      expect({ table, rows: String(rows) }).toEqual({ table, rows: String(recordset[0].n) });
    }
    const { recordset } = await client.query('SELECT CAST(SUM(Amount) AS varchar(40)) AS total, COUNT(Memo) AS memos, MAX(TransactionId) AS last FROM dbo.Transactions');
    const [total, memos, last, distinct] = await duckdb(`SELECT CAST(SUM(CAST(Amount AS DECIMAL(19,4))) AS VARCHAR), COUNT(Memo), MAX(TransactionId),
      COUNT(DISTINCT TransactionId) FROM ${landed(manifest, 'Transactions', reader)}`);
    expect([total, memos, last, distinct]).toEqual([recordset[0].total, String(recordset[0].memos), String(recordset[0].last), '20000']);
  });
});

test('the manifest has keys, columns and a fingerprint of each table', async () => {
  const { manifest } = await run({ tables: ['ledger.ExchangeRates', 'dbo.Accounts', 'AuditLog'], format: ExtractFormat.csv() });
  expect(manifest.tables.map(({ table, primaryKey }) => [table, primaryKey])).toEqual([
    ['Accounts', ['AccountId']], ['AuditLog', undefined], ['ExchangeRates', ['RateDate', 'FromCurrency', 'ToCurrency']],
  ]);
  expect(manifest.tables[0].columns).toHaveLength(13);
  expect(manifest.tables[0].columns[5]).toMatchObject({ name: 'Balance', sourceType: 'money', nullable: false });
  expect(manifest.tables[0].columns[2]).toMatchObject({ name: 'BranchCode', nullable: true, collation: 'SQL_Latin1_General_CP1_CI_AS' });
  expect(manifest.tables[0]).toMatchObject({
    indexes: [
      { name: 'PK_Accounts', unique: true, clustered: true, keyColumns: ['AccountId'] },
      { name: 'IX_Accounts_CustomerId', unique: false, clustered: false, keyColumns: ['CustomerId'], includedColumns: ['Currency'] },
    ],
    foreignKeys: [
      { name: 'FK_Accounts_Customers', columns: ['CustomerId'], referencedSchema: 'dbo', referencedTable: 'Customers', referencedColumns: ['CustomerId'] },
      { name: 'FK_Accounts_Branches', columns: ['BranchCode'], referencedSchema: 'ledger', referencedTable: 'Branches', referencedColumns: ['BranchCode'] },
    ],
    chunks: [{ leastKey: '1', greatestKey: '1000' }],
  });
  expect(manifest.tables[1].indexes).toBeUndefined();
});

test('names with brackets, quotes and spaces are read and land percent-encoded', async () => {
  const { manifest } = await run({ tables: ['dbo.[Order Items [2019]]]'], format: ExtractFormat.csv() });
  expect(manifest.tables).toMatchObject([{ table: 'Order Items [2019]' }]);
  expect(manifest.tables[0].objects[0].key).toContain('table=Order%20Items%20%5B2019%5D/');
});

test('files roll at the target size and together hold every row', async () => {
  const { manifest } = await run({ tables: ['Transactions'], format: ExtractFormat.csv(), targetFileBytes: 1024 * 1024 });
  const [{ objects }] = manifest.tables;
  expect(objects.length).toBeGreaterThan(2);
  expect(objects.map(({ part }) => part)).toEqual(objects.map((__, file) => `00000-${String(file).padStart(4, '0')}`));
  expect(await duckdb(`SELECT COUNT(DISTINCT TransactionId) FROM ${landed(manifest, 'Transactions', 'read_csv')}`)).toEqual(['20000']);
});

test('a query lands under its name', async () => {
  const { result, manifest } = await run({
    query: { sql: 'SELECT TOP 10 AccountId, Balance FROM dbo.Accounts ORDER BY AccountId', name: 'finance.Ten' }, format: ExtractFormat.csv(),
  });
  expect(result).toMatchObject({ rows: 10, verification: 'unverified' });
  expect(manifest.tables).toMatchObject([{ schema: 'finance', table: 'Ten', columns: [{ name: 'AccountId' }, { name: 'Balance' }] }]);
});

describe('errors', () => {
  const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

  test.each<[string, () => Partial<ExtractorProps>, string, RegExp]>([
    ['a wrong password', () => ({ source: source({ password: 'wrong-Secret-9' }) }), 'LOGIN_FAILED', /error 18456/],
    ['a database that is not there', () => ({ source: source({ database: 'Nowhere' }) }), 'LOGIN_FAILED', /"Nowhere".*error 4060/],
    ['a certificate of nobody known', () => ({ source: source({ caFile: undefined }) }), 'TLS_UNTRUSTED', /--ca-file.*--trust-server-certificate/],
    ['a certificate of another host', () => ({ source: source({ hostNameInCertificate: 'other.example' }) }), 'TLS_UNTRUSTED',
      /is not of that name, but of 'localhost', '127\.0\.0\.1'.* \(ERR_TLS_CERT_ALTNAME_INVALID\); .*--host-name-in-certificate/],
    ['a table that may not be read', () => ({ source: source({ user: READER.user, password: READER.password }) }), 'SOURCE_PERMISSION_DENIED', /\[dbo\]\.\[Customers\]/],
    ['a query of a table that is not there', () => ({ query: { sql: 'SELECT * FROM dbo.Nope', name: 'q' } }), 'SOURCE_QUERY_FAILED', /208/],
  ])('%s', async (_, overrides, code, message) => {
    const failed = run({ format: ExtractFormat.csv(), ...overrides() });
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringMatching(/Secret/) });
    expect(files().filter((name) => name === '_manifest.json' || name.includes('.tmp-'))).toEqual([]);
  });
});

test.each<[string, () => Partial<SqlServerSource>]>([
  ['trusting any certificate', () => ({ caFile: undefined, trustServerCertificate: true })],
  ['without encryption', () => ({ caFile: undefined, encrypt: false })],
])('%s works when asked for', async (_, overrides) => {
  const { result } = await run({ source: source(overrides()), tables: ['Branches'], format: ExtractFormat.csv() });
  expect(result.rows).toBeGreaterThan(0);
});
