import type sql from 'mssql';
import { ChangeDataCapture } from '../../../src/extractor/changes/cdc';
import type { CatalogRow, SqlServerConnection } from '../../../src/extractor/source/connection/sql-server-connection';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { changedTable, openConnection } from '../../support/source/changing-table';
import { connectClient } from '../../support/source/stand-in-client';

/*
 * What the statements make of a change table whose rows are written down here as "cdc.<capture_instance>_CT" and KB3030352 say that a
 * server may leave them: in an order of their sequence values that is not that of the commands, keys updated in place.
 */

let server: StandIn;
let client: sql.ConnectionPool;
let connection: SqlServerConnection;

const [DELETE, INSERT, BEFORE, AFTER] = [1, 2, 3, 4];
/** Commit, command, sequence value, operation, key, name. */
type Change = readonly [lsn: number, command: number, seqval: number, operation: number, id: string, name: string];

const order = (lsn: number) => lsn.toString(16).padStart(20, '0');
const mark = (lsn: number) => ({ way: 'cdc' as const, lineage: '', order: order(lsn), at: '' });

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch('CREATE DATABASE Captured');
  await client.batch('USE Captured; EXEC (N\'CREATE SCHEMA cdc\')');
  await client.batch(`USE Captured;
    CREATE TABLE cdc.lsn_time_mapping (start_lsn binary(10) NOT NULL, tran_end_time datetime NULL);
    CREATE TABLE dbo.T (Id nvarchar(10) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, Name nvarchar(20) NULL);
    CREATE TABLE cdc.dbo_T_CT ([__$start_lsn] binary(10) NOT NULL, [__$seqval] binary(10) NOT NULL, [__$operation] int NOT NULL,
      Id nvarchar(10) COLLATE Latin1_General_CI_AS NULL, Name nvarchar(20) NULL, [__$command_id] int NULL)`);
  connection = await openConnection(server, 'Captured');
});
afterAll(async () => {
  await connection.close();
  await client.close();
  await server.stop();
});

/** What is left of changes between two LSNs: rows and deletes by key, keys, counts. */
async function statesOf(
  changes: readonly Change[], [from, to]: readonly [number, number] = [0, 1000], settings: { readonly [name: string]: string } = {},
) {
  await client.batch('USE Captured; DELETE cdc.dbo_T_CT; DELETE cdc.lsn_time_mapping');
  const lsns = [...new Set(changes.map(([lsn]) => lsn))];
  await client.batch(`USE Captured;
    INSERT cdc.lsn_time_mapping VALUES ${lsns.map((lsn) => `(0x${order(lsn)}, '2024-05-01T12:00:00')`).join(', ')};
    INSERT cdc.dbo_T_CT VALUES ${changes.map(([lsn, command, seqval, operation, id, name]) => (
      `(0x${order(lsn)}, 0x${order(seqval)}, ${operation}, N'${id}', N'${name}', ${command})`
    )).join(', ')}`);
  const way = new ChangeDataCapture(await changedTable(connection, 'T', { instance: 'dbo_T', changeTable: 'dbo_T_CT', ...settings }));
  const statements = way.statements(mark(from), mark(to));
  const ask = async ({ sql: text, parameters }: typeof statements.counts) => connection.query(text, 'ask', parameters);
  const tell = (rows: readonly CatalogRow[]) => rows.map(({ __op: op, Id, Name }) => [op, Id, Name].filter((each) => each !== undefined).join(' ')).sort();
  const [read, keys] = [await ask(statements.changes), await ask(statements.keys!)];
  const [deletes, [counted]] = [await ask(statements.deletes!), await ask(statements.counts)];
  return {
    states: [...tell(read), ...tell(deletes)],
    keys: keys.map(({ Id }) => Id).sort(),
    counts: [counted.inserts, counted.updates, counted.deletes].map(Number),
    keyRows: counted.key_rows,
    rows: [...read, ...deletes],
  };
}

test('each key in its last state: inserted, updated, deleted, inserted and deleted, deleted and inserted', async () => {
  const { states, keys, counts, rows } = await statesOf([
    [10, 1, 1, INSERT, 'a', 'a1'], [11, 1, 1, BEFORE, 'a', 'a1'], [11, 1, 1, AFTER, 'a', 'a2'],
    [12, 1, 1, BEFORE, 'b', 'b1'], [12, 1, 1, AFTER, 'b', 'b2'],
    [13, 1, 1, DELETE, 'c', 'c1'],
    // What was inserted and is gone again may have landed with a base that was read meanwhile.
    [14, 1, 1, INSERT, 'd', 'd1'], [15, 1, 1, DELETE, 'd', 'd1'],
    [16, 1, 1, DELETE, 'e', 'e1'], [17, 1, 1, INSERT, 'e', 'e2'],
  ]);
  expect(states).toEqual(['I a a2', 'U b b2', 'U e e2', 'D c', 'D d']);
  expect(keys).toEqual(['a', 'b', 'e']);
  expect(counts).toEqual([1, 2, 2]);
  expect(rows.find(({ Id }) => Id === 'a')).toMatchObject({ __version: `${order(11)}:${order(1)}`, __committed_at: new Date('2024-05-01T12:00:00Z') });
});

test('the window begins behind the first LSN and ends with the second', async () => {
  const changes: Change[] = [[10, 1, 1, INSERT, 'a', ''], [11, 1, 1, INSERT, 'b', ''], [12, 1, 1, INSERT, 'c', ''], [13, 1, 1, INSERT, 'd', '']];
  expect((await statesOf(changes, [10, 12])).keys).toEqual(['b', 'c']);
  expect((await statesOf(changes, [12, 12])).counts).toEqual([0, 0, 0]);
});

test('within a transaction the command counts, not the sequence value; within a command rows go before they come', async () => {
  // KB3030352: the insert of a deferred update is before its delete by the sequence value, or has the same.
  expect((await statesOf([[10, 1, 1, INSERT, 'a', 'new'], [10, 1, 2, DELETE, 'a', 'old']])).states).toEqual(['U a new']);
  expect((await statesOf([[10, 1, 1, INSERT, 'a', 'new'], [10, 1, 1, DELETE, 'a', 'old']])).states).toEqual(['U a new']);
  // An insert that a later command of the same transaction deletes again.
  expect((await statesOf([[10, 1, 9, INSERT, 'a', 'new'], [10, 2, 3, DELETE, 'a', 'new']])).states).toEqual(['D a']);
  expect((await statesOf([[10, 1, 9, BEFORE, 'a', '1'], [10, 1, 9, AFTER, 'a', '2'], [10, 2, 3, BEFORE, 'a', '2'], [10, 2, 3, AFTER, 'a', '3']])).states).toEqual(['U a 3']);
});

test('a key that is changed in place is gone and has come; two that change places are both there', async () => {
  const moved = await statesOf([[10, 1, 1, BEFORE, 'a', 'x'], [10, 1, 1, AFTER, 'b', 'x']]);
  expect([moved.states, moved.counts]).toEqual([['I b x', 'D a'], [1, 0, 1]]);
  const swapped = await statesOf([[10, 1, 1, BEFORE, 'a', 'x'], [10, 1, 1, AFTER, 'b', 'x'], [10, 1, 2, BEFORE, 'b', 'y'], [10, 1, 2, AFTER, 'a', 'y']]);
  expect([swapped.states, swapped.counts]).toEqual([['U a y', 'U b x'], [0, 2, 0]]);
});

test('keys are one by the source: of spellings the last is landed, and each that was is deleted', async () => {
  const changes: Change[] = [
    [10, 1, 1, BEFORE, 'abc', '1'], [10, 1, 1, AFTER, 'ABC', '2'], [11, 1, 1, BEFORE, 'ABC', '2'], [11, 1, 1, AFTER, 'Abc', '3'],
    [12, 1, 1, DELETE, 'x ', ''], [12, 2, 1, INSERT, 'x', ''], [13, 1, 1, BEFORE, 'y', ''], [13, 1, 1, AFTER, 'Y', ''], [14, 1, 1, DELETE, 'Y', ''],
  ];
  const { states, keys, keyRows } = await statesOf(changes, [0, 1000], { spellings: 'true' });
  expect(Number(keyRows)).toBe(keys.length);
  expect(states).toEqual(['U Abc 3', 'U x ', 'D Y']);
  expect(new Set(keys)).toEqual(new Set(['abc', 'ABC', 'Abc', 'x ', 'x', 'y', 'Y']));
});

/** Rows at a mark of 5 that was followed by commits of these times, and at 1000; seen at 12:00:10 were 100. */
async function rowsAt(commits: ReadonlyArray<readonly [lsn: number, time: string, ...operations: number[]]>, markTime = '2024-05-01T12:00:00') {
  await client.batch('USE Captured; DELETE cdc.dbo_T_CT; DELETE cdc.lsn_time_mapping');
  await client.batch(`USE Captured;
    INSERT cdc.lsn_time_mapping VALUES ${[[5, markTime] as const, ...commits].map(([lsn, time]) => `(0x${order(lsn)}, '${time}')`).join(', ')};
    INSERT cdc.dbo_T_CT VALUES ${[[3, markTime, INSERT] as const, ...commits].flatMap(([lsn, , ...operations]) => operations.map((operation, at) => (
      `(0x${order(lsn)}, 0x${order(at)}, ${operation}, N'k${lsn}.${at}', N'', ${at})`))).join(', ')}`);
  const way = new ChangeDataCapture(await changedTable(connection, 'T', { instance: 'dbo_T', changeTable: 'dbo_T_CT' }));
  const rows = await way.rowsAt(connection, { rows: 100, clock: '2024-05-01T12:00:10.0000000' }, mark(5), mark(1000));
  return rows === undefined ? undefined : Number(rows);
}

test.each<[string, number | undefined, Parameters<typeof rowsAt>]>([
  ['what came and went since', 101, [[[10, '2024-05-01T12:00:30', INSERT, INSERT, DELETE, BEFORE, AFTER], [11, '2024-05-01T12:00:31', BEFORE, AFTER]]]],
  ['more deletes than inserts', 98, [[[10, '2024-05-01T12:00:30', DELETE, DELETE]]]],
  ['updates alone, also between the mark before and the count', 100, [[[10, '2024-05-01T12:00:09', BEFORE, AFTER], [11, '2024-05-01T12:00:31', BEFORE, AFTER]]]],
  ['a row that came before the count, and may have been seen', undefined, [[[10, '2024-05-01T12:00:09', INSERT], [11, '2024-05-01T12:00:31', INSERT]]]],
  ['a row that went within the precision of its time', undefined, [[[10, '2024-05-01T12:00:10.007', DELETE], [11, '2024-05-01T12:00:31', INSERT]]]],
  ['rows that came and went in one commit before the count', undefined, [[[10, '2024-05-01T12:00:09', INSERT, DELETE], [11, '2024-05-01T12:00:31', INSERT]]]],
  ['capture has not passed the count', undefined, [[[10, '2024-05-01T12:00:09', BEFORE, AFTER]]]],
  ['the clock was set back after the mark before', undefined, [[[10, '2024-05-01T12:00:30', INSERT]], '2024-05-01T12:59:59']],
])('rows at the mark from those that were seen after the one before: %s', async (_what, expected, given) => {
  expect(await rowsAt(...given)).toBe(expected);
});
