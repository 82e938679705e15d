import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sql from 'mssql';
import { parseManifest, type Manifest } from '../../src/contract';
import { extract, ExtractFormat, LegacyToS3Error, resume, verifyRun, type ExtractorProps } from '../../src/extractor/doors/public';
import { allTypesStatements } from '../../tools/stand-in/data-set/all-types';
import { KILL_TABLES, landedLines, makeKillTables } from '../support/runs/kill-tables';
import { type AnyServer, SERVERS } from '../support/source/any-server';

/** Columns of AllTypes whose text the server makes as the extractor does. */
const SAME_TEXT: { readonly [column: string]: string } = {
  c_bigint: 'CONVERT(varchar(60), c_bigint)',
  c_int: 'CONVERT(varchar(60), c_int)',
  c_uniqueid: 'CONVERT(varchar(60), c_uniqueid)',
};

/** What an extraction promises, against any server that support/source/any-server knows. */
describe.each(SERVERS)('%s', (_, there, start) => {
  const when = there ? test : test.skip;
  const database = `legacy_to_s3_test_${randomBytes(6).toString('hex')}`;
  let server: AnyServer;
  let client: sql.ConnectionPool;
  let folder: string;

  const connect = async (name: string) => new sql.ConnectionPool({
    server: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    database: name,
    options: { encrypt: true, trustServerCertificate: true },
  }).connect();

  const admin = async (statement: string) => {
    const master = await connect('master');
    try {
      await master.batch(statement);
    } finally {
      await master.close();
    }
  };

  beforeAll(async () => {
    if (!there) return;
    server = await start();
    await admin(`CREATE DATABASE [${database}]`);
    await admin(`ALTER DATABASE [${database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
    client = await connect(database);
    await makeKillTables(client);
    for (const statement of allTypesStatements()) await client.batch(statement);
  });
  afterAll(async () => {
    if (!there) return;
    await client?.close();
    await admin(`DROP DATABASE [${database}]`).finally(async () => server.stop());
  });
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'any-server-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  const props = (overrides: Partial<ExtractorProps> = {}): ExtractorProps => ({
    source: {
      server: server.host,
      port: server.port,
      database,
      user: server.user,
      password: server.password,
      ...(server.caFile === undefined ? { trustServerCertificate: true } : { caFile: server.caFile }),
    },
    target: pathToFileURL(folder).href,
    targetChunkRows: 250,
    readers: 2,
    ...overrides,
  });

  const manifestOf = (key: string): Manifest => parseManifest(readFileSync(join(folder, key), 'utf8'));
  const linesOf = (manifest: Manifest, name: string) => manifest.tables.find(({ table }) => table === name)!.objects
    .flatMap(({ key }) => landedLines(readFileSync(join(folder, key)))).sort();

  when.each([
    ['CSV', ExtractFormat.csv()], ['JSON Lines', ExtractFormat.jsonLines()], ['Parquet', ExtractFormat.parquet()],
  ])('every table lands as %s and equals the source when both are read again', async (_name, format) => {
    const { runId, consistency, rows } = await extract(props({ format }));
    expect(consistency).toBe('snapshot');
    expect(await verifyRun(props({ format }), runId, { againstSource: true })).toMatchObject({ problems: [], rows, sourceCompared: true });
  });

  when('known rows land as they are, cut into chunks', async () => {
    const { manifestKey } = await extract(props({ format: ExtractFormat.csv(), tables: KILL_TABLES.map(({ name }) => name) }));
    const manifest = manifestOf(manifestKey);
    for (const { name, lines } of KILL_TABLES) expect({ name, same: linesOf(manifest, name).join('\n') === lines.join('\n') }).toEqual({ name, same: true });
    expect(manifest.tables.find(({ table }) => table === 'KillLedger')!.chunks!.length).toBeGreaterThan(5);
  });

  when.each(Object.entries(SAME_TEXT))('%s has the text the server itself makes of it', async (column, text) => {
    const { recordset } = await client.query<{ id: number; text: string | null }>(`SELECT Id AS id, ${text} AS text FROM dbo.AllTypes`);
    const query = { sql: `SELECT Id, ${column} FROM dbo.AllTypes`, name: 'typed' };
    const { manifestKey } = await extract(props({ format: ExtractFormat.csv(), query, targetChunkRows: undefined, readers: 1 }));
    expect(linesOf(manifestOf(manifestKey), 'typed')).toEqual(recordset.map((row) => `${row.id},${row.text ?? ''}`).sort());
  });

  when('a run that was stopped goes on', async () => {
    const stop = new AbortController();
    let runId = '';
    const stopped = extract(props({ format: ExtractFormat.csv(), tables: ['KillLedger'], readers: 1 }), {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'run-started') ({ runId } = event);
        if (event.type === 'chunk-finished') stop.abort();
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(LegacyToS3Error);
    const { manifestKey } = await resume(props(), runId);
    expect(linesOf(manifestOf(manifestKey), 'KillLedger')).toEqual(KILL_TABLES.find(({ name }) => name === 'KillLedger')!.lines);
  });
});
