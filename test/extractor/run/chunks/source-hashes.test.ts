import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sql from 'mssql';
import { parseManifest } from '../../../../src/contract';
import { Consistency, extract, SourceHashes, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { RowLanding } from '../../../../src/extractor/rows/objects/row-landing';
import { SqlServerConnection } from '../../../../src/extractor/source/connection/sql-server-connection';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 2_000 });
  const { host, port, user, password, database } = server;
  client = await new sql.ConnectionPool({ server: host, port, user, password, database, options: { encrypt: false } }).connect();
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'source-hashes-')); });
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function run(more: Partial<ExtractorProps>) {
  const { port, database, user, password, caFile } = server;
  const result = await extract({
    source: { server: 'localhost', port, database, user, password, caFile }, target: pathToFileURL(folder).href, readers: 1, threads: 0, ...more,
  });
  const { tables } = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  return { result, verification: (name: string) => tables.find(({ table }) => table === name)!.verification! };
}

test('the source computes the same hashes of every type that can be hashed; the others are named', async () => {
  const { result, verification } = await run({ sourceHashes: SourceHashes.ALL });
  expect(result).toMatchObject({ verification: 'verified', warnings: [] });
  expect(verification('AllTypes')).toMatchObject({
    state: 'verified', hashedRows: 247, unhashedColumns: ['c_xml', 'c_variant', 'c_hierarchyid', 'c_geometry', 'c_geography'],
  });
  expect(verification('Transactions')).toMatchObject({ hashedRows: 2_000 });
  expect(verification('Transactions').unhashedColumns).toBeUndefined();
});

test('rows are sampled by a whole number that is the key; other tables are not hashed', async () => {
  const { verification } = await run({ sourceHashes: SourceHashes.SAMPLED, tables: ['Transactions', 'Branches', 'AuditLog'] });
  expect(verification('Transactions').hashedRows).toBe(Math.floor(2_000 / 97));
  expect(verification('Branches').hashedRows).toBeUndefined();
  expect(verification('AuditLog').hashedRows).toBeUndefined();
});

describe('a value of the same length that is another in the source', () => {
  /** Every city that is sent is another than the source has: letters change places, so that length and every aggregate stay. */
  function alterOnTheWire(from: string, to: string): void {
    const decode = RowLanding.prototype.decode;
    jest.spyOn(RowLanding.prototype, 'decode').mockImplementation(function (this: RowLanding, bytes, position, end) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = view.indexOf(from, position, 'utf16le'); at >= 0 && at < end; at = view.indexOf(from, at + 2, 'utf16le')) view.write(to, at, 'utf16le');
      return decode.call(this, bytes, position, end);
    });
  }
  const props = { tables: ['dbo.Customers'] };
  let city: string;
  beforeAll(async () => {
    city = String((await client.query('SELECT TOP 1 City FROM dbo.Customers WHERE LEN(City) > 3 ORDER BY CustomerId')).recordset[0].City);
  });
  const reversed = () => [...city].reverse().join('');

  test('no aggregate finds it', async () => {
    alterOnTheWire(city, reversed());
    expect((await run(props)).result.verification).toBe('verified');
  });

  test('its hash does, and fails the run under a snapshot', async () => {
    alterOnTheWire(city, reversed());
    await expect(run({ ...props, sourceHashes: SourceHashes.ALL })).rejects.toMatchObject({
      code: 'AGGREGATE_MISMATCH', message: expect.stringMatching(/^\[dbo\]\.\[Customers\]: .* SHA2_256, summed up -?\d+ and -?\d+ of 50 rows landed, -?\d+ and -?\d+ of 50 rows in the source$/),
    });
  });

  test('under READ COMMITTED a change between the read and the hash is told as not comparable', async () => {
    const query = SqlServerConnection.prototype.query;
    jest.spyOn(SqlServerConnection.prototype, 'query').mockImplementation(async function (this: SqlServerConnection, text, ...rest) {
      if (text.includes('HASHBYTES')) await client.batch(`UPDATE dbo.Customers SET City = N'${reversed()}' WHERE City = N'${city}'`);
      return query.call(this, text, ...rest);
    });
    const { result, verification } = await run({ ...props, sourceHashes: SourceHashes.ALL, consistency: Consistency.READ_COMMITTED });
    expect(result).toMatchObject({ verification: 'counted', warnings: [expect.stringContaining('not comparable')] });
    expect(verification('Customers').detail).toContain('SHA2_256, summed up');
  });
});

test('servers that hash 8,000 bytes at most are refused before anything is read', async () => {
  const query = SqlServerConnection.prototype.query;
  jest.spyOn(SqlServerConnection.prototype, 'query').mockImplementation(async function (this: SqlServerConnection, text, ...rest) {
    const rows = await query.call(this, text, ...rest);
    return rows.filter(({ catalog_column: name }) => name !== 'columns.is_masked')
      .map((row) => ('product_version' in row ? { ...row, product_version: '12.0.6024.0' } : row));
  });
  await expect(run({ sourceHashes: SourceHashes.SAMPLED })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('12.0.6024.0') });
});
