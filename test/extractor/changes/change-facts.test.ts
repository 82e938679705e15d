import type sql from 'mssql';
import { readChangeFacts } from '../../../src/extractor/changes/change-facts';
import { chooseWay } from '../../../src/extractor/changes/choose-way';
import type { ChangingTable } from '../../../src/extractor/changes/judge-ways';
import { readTables } from '../../../src/extractor/source/catalog/read-catalog';
import { readFeatures } from '../../../src/extractor/source/catalog/source-features';
import { SERVER_PRODUCTS, startStandIn, type StandIn } from '../../../tools/stand-in';
import { openConnection } from '../../support/source/changing-table';
import { connectClient } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch('CREATE DATABASE Tracked; ALTER DATABASE Tracked SET ALLOW_SNAPSHOT_ISOLATION OFF');
  await client.batch(`USE Tracked;
    CREATE TABLE dbo.Followed (Id int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL);
    CREATE TABLE dbo.Left_ (Id int NOT NULL PRIMARY KEY);
    CREATE TABLE dbo.Spelled (Id varchar(9) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY)`);
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

async function waysOf(readOnlyIntent = false, database = 'Tracked'): Promise<{ readonly [table: string]: ReturnType<typeof chooseWay> }> {
  const connection = await openConnection(server, database);
  try {
    const features = await readFeatures(connection);
    const facts = await readChangeFacts(connection, { snapshotAllowed: features.snapshotAllowed, readOnlyIntent });
    const tables = await readTables(connection, features);
    return Object.fromEntries(tables.map((table) => [table.table, chooseWay(table as unknown as ChangingTable, facts)]));
  } finally {
    await connection.close();
  }
}

test('the statements that are told enable the better way, one after the other', async () => {
  const enable = async () => {
    const { way, enable: statements } = (await waysOf()).Followed;
    for (const statement of statements) await client.batch(`USE Tracked; ${statement}`);
    return { way, statements };
  };
  expect(await enable()).toEqual({
    way: 'whole',
    statements: [
      'ALTER DATABASE [Tracked] SET ALLOW_SNAPSHOT_ISOLATION ON',
      'ALTER DATABASE [Tracked] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON)',
      'ALTER TABLE [dbo].[Followed] ENABLE CHANGE_TRACKING',
    ],
  });
  const ways = await waysOf();
  expect(ways.Followed).toMatchObject({ way: 'changeTracking', enable: [] });
  expect(ways.Left_).toMatchObject({ way: 'whole', enable: ['ALTER TABLE [dbo].[Left_] ENABLE CHANGE_TRACKING'] });
  expect(ways.Spelled).toMatchObject({ way: 'whole', missing: [expect.stringContaining("key column 'Id' is text of collation Latin1_General_CI_AS"), expect.anything(), expect.anything()] });
  expect((await waysOf(true)).Followed).toMatchObject({ way: 'whole', missing: [expect.stringContaining('22117'), expect.anything(), expect.anything()] });
});

test.each(Object.entries(SERVER_PRODUCTS))('of %s nothing is asked that its catalog does not have', async (name, product) => {
  const before = server.engine.product;
  try {
    server.engine.product = { ...product, without: [...product.without, 'change_tracking_databases', 'change_tracking_tables', 'databases.is_cdc_enabled'] };
    await client.batch(`CREATE DATABASE Lacking_${name}`);
    await client.batch(`USE Lacking_${name}; CREATE TABLE dbo.Followed (Id int NOT NULL PRIMARY KEY)`);
    const { way, missing, enable } = (await waysOf(false, `Lacking_${name}`)).Followed;
    expect([way, enable]).toEqual(['whole', []]);
    expect(missing.slice(0, 2)).toEqual(['Change Tracking: this product has none', 'change data capture: this product has none']);
  } finally {
    server.engine.product = before;
  }
});
