import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../../src/contract';
import { extract, ExtractFormat, plan, SourceHashes, SourceRisk, verifyRun, type ExtractEvent, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { manifestValidator } from '../../../support/runs/manifest-schema';
import { connectClient } from '../../../support/source/stand-in-client';

const MASKED = { user: 'masked', password: 'masked-Secret-1', unmask: false };
const BLIND = { user: 'blind', password: 'blind-Secret-1', viewDefinition: false };

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 10, logins: [MASKED, BLIND] });
  client = await connectClient(server);
  await client.batch(`CREATE TABLE dbo.Changing (Id int NOT NULL PRIMARY KEY, Net int NOT NULL, Token AS NEWID(), Now AS SYSUTCDATETIME(), Twice AS Net * 2);
    CREATE TABLE dbo.Secrets (Id int NOT NULL PRIMARY KEY, Pin varchar(20) MASKED WITH (FUNCTION = 'default()') NULL,
      Salary int MASKED WITH (FUNCTION = 'default()') NULL, Name varchar(20) NULL)`);
  await client.batch('INSERT INTO dbo.Changing (Id, Net) SELECT value, value * 3 FROM GENERATE_SERIES(1, 200)');
  await client.batch('INSERT INTO dbo.Secrets SELECT value, \'pin\', 1000 + value, \'name\' FROM GENERATE_SERIES(1, 50)');
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'not-compared-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function props(more: Partial<ExtractorProps>): ExtractorProps {
  const { host, port, database, user, password } = server;
  return {
    source: { server: host, port, database, user, password, encrypt: false },
    target: pathToFileURL(folder).href,
    readers: 1,
    threads: 0,
    format: ExtractFormat.csv(),
    ...more,
  };
}

async function run(more: Partial<ExtractorProps>) {
  const events: ExtractEvent[] = [];
  const given = props(more);
  const result = await extract(given, { onEvent: (event) => events.push(event) });
  const text = readFileSync(join(folder, result.manifestKey), 'utf8');
  const validate = manifestValidator({ strict: true });
  validate(JSON.parse(text));
  expect(validate.errors).toBeNull();
  const { verification: whole, tables: [table] } = parseManifest(text);
  return { result, events, whole, verification: table.verification!, again: await verifyRun(given, result.runId, { againstSource: true }) };
}

const masked = () => ({ ...props({}).source!, user: MASKED.user, password: MASKED.password });

describe.each([SourceHashes.NONE, SourceHashes.ALL])('with source hashes %s', (sourceHashes) => {
  test('a computed column of the clock or NEWID is landed and not compared; a deterministic one is', async () => {
    const { result, events, whole, verification, again } = await run({ tables: ['dbo.Changing'], sourceHashes });
    expect(verification).toMatchObject({
      state: 'verified',
      detail: 'not compared: "Token" (nondeterministic), "Now" (nondeterministic)',
      notCompared: [{ column: 'Token', reason: 'nondeterministic' }, { column: 'Now', reason: 'nondeterministic' }],
      aggregates: { nulls: 3, sum: 3 },
      ...(sourceHashes === SourceHashes.ALL && { hashedRows: 200, unhashedColumns: ['Token', 'Now'] }),
    });
    expect(whole.detail).toContain('dbo.Changing: not compared: "Token"');
    expect(result.warnings).toEqual(["[dbo].[Changing]: not compared with the source: 'Token' (nondeterministic), 'Now' (nondeterministic)"]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'chunk-verified', notCompared: ['Token', 'Now'], differences: 0 }));
    expect(again).toMatchObject({ problems: [], notes: [expect.stringContaining('"Token", "Now"')] });
  });

  test('masked columns accepted by name land as masks and are not compared', async () => {
    const { whole, verification, again } = await run({ source: masked(), tables: ['dbo.Secrets'], accept: [SourceRisk.MASKED_COLUMNS], sourceHashes });
    expect(verification).toMatchObject({
      state: 'verified', notCompared: [{ column: 'Pin', reason: 'masked' }, { column: 'Salary', reason: 'masked' }], aggregates: { nulls: 2 },
    });
    expect(whole.detail).toContain('"Pin" (masked)');
    expect(again).toMatchObject({ problems: [], notes: [expect.stringContaining('"Pin", "Salary"')] });
  });
});

test('verify against the source finds a changed value of another column', async () => {
  const given = props({ tables: ['dbo.Changing'] });
  const { runId } = await extract(given);
  await client.batch('UPDATE dbo.Changing SET Net = Net + 1 WHERE Id = 7');
  const { problems } = await verifyRun(given, runId, { againstSource: true });
  await client.batch('UPDATE dbo.Changing SET Net = Net - 1 WHERE Id = 7');
  expect(problems.map(({ message }) => message)).toEqual([
    'dbo.Changing, column "Net": the rows of the source are others now: expected sum 60300, found sum 60301',
    'dbo.Changing, column "Twice": the rows of the source are others now: expected sum 120600, found sum 120602',
  ]);
});

test('of a row filter with the clock nothing is compared, which is said', async () => {
  const filter = { table: 'dbo.Changing', rowFilter: 'Now <= SYSUTCDATETIME() AND Id > 10' };
  const { result, whole, verification, again } = await run({ tables: ['dbo.Changing'], tableOptions: [filter], sourceHashes: SourceHashes.ALL });
  expect(result).toMatchObject({ rows: 190, verification: 'unverified', warnings: [expect.stringContaining('rowFilter has SYSUTCDATETIME')] });
  expect(verification).toEqual({ state: 'unverified', detail: expect.stringContaining('the row filter has SYSUTCDATETIME') });
  expect(whole.detail).toContain('SYSUTCDATETIME');
  expect(again).toMatchObject({ problems: [], notes: [expect.stringContaining('row filter has SYSUTCDATETIME')] });
});

test('a plan says why a column is not compared, and a run of it goes by the login that reads', async () => {
  const made = await plan(props({ source: masked(), tables: ['dbo.Secrets'] }));
  expect(made.tables[0].columns.map(({ notCompared }) => notCompared)).toEqual([undefined, 'masked', 'masked', undefined]);
  const { verification } = await run({ plan: JSON.parse(JSON.stringify({ ...made, warnings: [] })) });
  expect(verification.notCompared).toBeUndefined();
});

describe('a login without VIEW DEFINITION', () => {
  test('is told that policies may hide rows, and the run is verified of what the login sees', async () => {
    const source = { ...props({}).source!, user: BLIND.user, password: BLIND.password };
    const { result, whole, verification } = await run({ source, tables: ['dbo.Changing'], tableOptions: [{ table: 'dbo.Changing', excludeColumns: ['Token', 'Now'] }] });
    expect(result).toMatchObject({ verification: 'verifiedAsVisible', warnings: [expect.stringContaining('GRANT VIEW DEFINITION')] });
    expect(verification).toMatchObject({ state: 'verifiedAsVisible', detail: expect.stringContaining('may not know whether a security policy') });
    expect(whole).toMatchObject({ state: 'verifiedAsVisible', detail: expect.stringContaining('may not know whether a security policy') });
  });

  test('a policy that is accepted by name leaves the table verified of what the login sees, too', async () => {
    await client.batch('CREATE SECURITY POLICY dbo.Mine ADD FILTER PREDICATE dbo.IsMine(Id) ON dbo.Secrets WITH (STATE = ON)');
    const { result, verification } = await run({ tables: ['dbo.Secrets'], accept: [SourceRisk.ROW_LEVEL_SECURITY] });
    await client.batch('DROP SECURITY POLICY dbo.Mine');
    expect(result.verification).toBe('verifiedAsVisible');
    expect(verification.detail).toContain('a security policy filters the table');
  });
});
