import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { Consistency, extract, plan, SourceHashes, SourceRisk, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { SERVER_PRODUCTS, startStandIn, type StandIn } from '../../../../tools/stand-in';
import { connectClient } from '../../../support/source/stand-in-client';

const READER = { user: 'reader', password: 'reader-Secret-1', unmask: false };

const PRODUCTS = Object.entries(SERVER_PRODUCTS).map(([name, product]) => [name, product] as const);
const KEY = 'ENCRYPTED WITH (COLUMN_ENCRYPTION_KEY = K, ENCRYPTION_TYPE = RANDOMIZED, ALGORITHM = \'AEAD_AES_256_CBC_HMAC_SHA_256\')';

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;
let database: string;

function props(more: Partial<ExtractorProps> = {}): ExtractorProps {
  const { host, port } = server;
  return {
    source: { server: host, port, database, user: READER.user, password: READER.password, encrypt: false },
    target: pathToFileURL(folder).href,
    tables: ['dbo.Masked', 'dbo.Filtered', 'dbo.Encrypted'],
    ...more,
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'features-'));
  server = await startStandIn({ transactions: 10, logins: [READER] });
  client = await connectClient(server);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe.each(PRODUCTS)('%s', (name, product) => {
  beforeAll(async () => {
    server.engine.product = product;
    database = name;
    await client.batch(`CREATE DATABASE ${name}`);
    await client.batch(`USE ${name};
      CREATE TABLE dbo.Plain (Id int NOT NULL PRIMARY KEY);
      CREATE TABLE dbo.Masked (Id int NOT NULL PRIMARY KEY, Pin varchar(8) MASKED WITH (FUNCTION = 'default()') NULL);
      CREATE TABLE dbo.Filtered (Id int NOT NULL PRIMARY KEY);
      CREATE TABLE dbo.Encrypted (Id int NOT NULL PRIMARY KEY, Card varchar(20) ${KEY} NULL);
      CREATE SECURITY POLICY dbo.Mine ADD FILTER PREDICATE dbo.IsMine(Id) ON dbo.Filtered WITH (STATE = ON)`);
  });

  const has = (column: string) => !(product.without as readonly string[]).includes(column);

  test('masked columns, filtered rows and encrypted columns are refused by name wherever the catalog has them', async () => {
    const made = await plan(props());
    const expected = [
      ...has('columns.encryption_type') ? [{ risk: SourceRisk.ENCRYPTED_COLUMNS, message: expect.stringContaining("[dbo].[Encrypted]: column 'Card' is encrypted") }] : [],
      ...has('security_policies') ? [{ risk: SourceRisk.ROW_LEVEL_SECURITY, message: expect.stringContaining('[dbo].[Filtered]: a security policy') }] : [],
      ...has('columns.is_masked') ? [{ risk: SourceRisk.MASKED_COLUMNS, message: expect.stringContaining("[dbo].[Masked]: column 'Pin' is masked") }] : [],
    ];
    expect(made.refusals).toEqual(expected);
    expect(made.productVersion).toBe(product.productVersion);
    if (expected.length > 0) await expect(extract(props())).rejects.toMatchObject({ code: 'SOURCE_ALTERS_DATA' });
  });

  test('sourceHashes are refused by SQL Server before 2016 alone', async () => {
    const run = extract(props({ tables: ['dbo.Plain'], sourceHashes: SourceHashes.ALL, readers: 1, threads: 0 }));
    if (name === 'sqlServer2014') await expect(run).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('12.0.6024.0') });
    else expect(await run).toMatchObject({ verification: 'verified', consistency: name === 'synapseDedicated' ? 'readCommitted' : 'snapshot' });
  });

  test('database snapshots are refused by every service', async () => {
    const run = extract(props({ tables: ['dbo.Plain'], consistency: Consistency.DATABASE_SNAPSHOT }));
    if (name.startsWith('sqlServer')) expect(await run).toMatchObject({ consistency: 'databaseSnapshot' });
    else await expect(run).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('has no database snapshots') });
  });

  test('a catalog column that is not there is error 207', async () => {
    const asked = client.batch(`USE ${name}; SELECT is_masked FROM sys.columns`);
    if (has('columns.is_masked')) await asked;
    else await expect(asked).rejects.toMatchObject({ number: 207 });
  });
});
