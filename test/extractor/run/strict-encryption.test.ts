import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Encryption, ExtractFormat, type SqlServerSource } from '../../../src/extractor/doors/public';
import { verifyRun } from '../../../src/extractor/doors/run-functions';
import { extract } from '../../../src/extractor/run/extract-run';
import { startStandIn, type StandIn } from '../../../tools/stand-in';

const { STRICT, MANDATORY } = Encryption;
const servers = {} as Record<'strict' | 'off' | 'none', StandIn>;
let folder: string;

beforeAll(async () => {
  for (const encryption of ['strict', 'off', 'none'] as const) servers[encryption] = await startStandIn({ transactions: 3000, encryption });
}, 120_000);
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'strict-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function run({ host, port, database, user, password, caFile }: StandIn, source: Partial<SqlServerSource>, tables?: string[]) {
  return extract({
    source: { server: host, port, database, user, password, caFile, connectRetrySeconds: 0, ...source },
    target: pathToFileURL(folder).href,
    tables,
    readers: 2,
    targetChunkRows: 1000,
  });
}

test.each(['strict', 'off'] as const)('a whole database lands over TDS 8.0 and is proven, from a server that demands it or takes it: %s', async (name) => {
  const result = await run(servers[name], { encryption: STRICT });
  expect(result.verification).toBe('verified');
  expect(result.rows).toBeGreaterThan(3000);
  const verified = await verifyRun({ target: pathToFileURL(folder).href, format: ExtractFormat.parquet() } as never, result.runId);
  expect(verified.problems).toEqual([]);
}, 120_000);

test('a connection string asks for it', async () => {
  const { host, port, database, user, password, caFile } = servers.strict;
  const result = await extract({
    source: { connectionString: `Server=tcp:${host},${port};Database=${database};User ID=${user};Password=${password};Encrypt=Strict;Pooling=true`, caFile },
    target: pathToFileURL(folder).href,
    tables: ['Branches'],
  });
  expect(result).toMatchObject({ verification: 'verified', warnings: ["the connection string's 'pooling' change nothing here and are not used"] });
});

test('the certificate is always checked', async () => {
  const { server: _, ...none } = { server: 0, caFile: undefined };
  await expect(run(servers.strict, { encryption: STRICT, ...none }, ['Branches'])).rejects.toMatchObject({ code: 'TLS_UNTRUSTED', message: expect.stringContaining('--ca-file') });
  await expect(run(servers.strict, { encryption: STRICT, hostNameInCertificate: 'other.example' }, ['Branches']))
    .rejects.toMatchObject({ code: 'TLS_UNTRUSTED', message: expect.stringContaining("'localhost'") });
});

test('who does not agree is told the other way', async () => {
  await expect(run(servers.strict, { encryption: MANDATORY }, ['Branches']))
    .rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('--encryption strict') });
  await expect(run(servers.none, { encryption: STRICT }, ['Branches'])).rejects.toMatchObject({ message: expect.stringContaining('SQL Server 2022') });
});
