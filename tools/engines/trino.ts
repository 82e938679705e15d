import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, poll, startGuarded, tailOf, type LocalCloud } from '../local-cloud';
import { TRINO_HOME } from './downloads';
import { type Cell, type Engine, EngineError, literal, quoted, type Rows, type RowsOptions, type TableAddress } from './engine';
import { findJava, JAVA_OF_TRINO } from './java';
import { TrinoClient } from './trino-client';

const START_DEADLINE_MS = 180_000;
const PYTHON = path.resolve(__dirname, '..', '..', '.venv', 'bin', 'python');

/** https://trino.io/docs/476/installation/deployment.html#jvm-config; a heap for tests, and no long-lived compiled code. */
const JVM = ['-Xmx2G', '-XX:+UseG1GC', '-XX:+ExitOnOutOfMemoryError', '-XX:TieredStopAtLevel=1', '-Djdk.attach.allowAttachSelf=true',
  '--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow', '-Dfile.encoding=UTF-8', '-Duser.timezone=UTC'];

export interface TrinoOptions {
  /** File that gets the server's output. @default one in its temporary folder */
  readonly logFile?: string;
}

/** A Trino server of this process: catalogs `glue` (Iceberg) and `hive`, both in the local cloud's Glue and S3. */
export class Trino implements Engine {
  /** @throws EngineError with the end of the server's log when it does not come up */
  public static async start(cloud: LocalCloud, options: TrinoOptions = {}): Promise<Trino> {
    const java = findJava(JAVA_OF_TRINO);
    if (java === undefined) throw new EngineError('trino', 'there is no Java for it');
    const folder = mkdtempSync(path.join(tmpdir(), 'trino-'));
    const logFile = options.logFile ?? path.join(folder, 'trino.log');
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    configure(folder, port, cloud);
    const server = startGuarded(PYTHON, [java, ...JVM, ...argumentsOf(folder), 'io.trino.server.TrinoServer'], {
      cwd: folder, logFile, env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', TMPDIR: folder },
    });
    const stop = async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      const state = await poll(async () => {
        if (server.ended()) return 'ended' as const;
        const response = await fetch(`${endpoint}/v1/info`, { signal: AbortSignal.timeout(5000) });
        return (await response.json() as { starting: boolean }).starting === false && 'started' as const;
      }, { what: `${endpoint}/v1/info`, deadlineMs: START_DEADLINE_MS, intervalMs: 200 });
      if (state === 'ended') throw new Error('it ended while it started');
      const client = new TrinoClient(endpoint);
      const { rows: [[version]] } = await client.query('SELECT version()');
      return new Trino(version!, endpoint, client, stop);
    } catch (error) {
      const log = tailOf(logFile);
      await stop();
      throw new EngineError('trino', `${(error as Error).message}\n${log}`);
    }
  }

  public readonly name = 'trino';

  private constructor(
    public readonly version: string,
    /** `http://127.0.0.1:<port>` */
    public readonly endpoint: string,
    private readonly client: TrinoClient,
    public readonly stop: () => Promise<void>,
  ) {}

  public async rows(table: TableAddress, { version, columns }: RowsOptions = {}): Promise<Rows> {
    if (!table.glue) throw new EngineError('trino', 'reads tables by their name in the catalog only; register() gives a metadata file a name');
    const of = version === undefined ? '' : ` FOR VERSION AS OF ${'tag' in version ? literal(version.tag) : version.snapshotId}`;
    return this.query(`SELECT ${columns?.map((name) => quoted(name)).join(', ') ?? '*'} FROM ${quoted('glue', table.glue.database, table.glue.name)}${of}`);
  }

  /** @param session properties as `catalog.property` */
  public async query(sql: string, session?: { readonly [property: string]: string }): Promise<Rows> {
    return this.client.query(sql, session);
  }

  /** Rows as the server gives them, page by page: what is not asked for waits there. */
  public pages(sql: string): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
    return this.client.pages(sql);
  }

  /** Statements of one transaction, which reads each table as of its first look at it; it ends with `COMMIT`. */
  public async beginTransaction(): Promise<Pick<Engine, 'query'>> {
    return this.client.beginTransaction();
  }

  /** Gives a metadata file a name in the catalog: `CALL system.register_table`. */
  public async register(database: string, name: string, tableLocation: string, metadataFileName: string): Promise<void> {
    await this.query(`CALL glue.system.register_table(${[database, name, tableLocation, metadataFileName].map(literal).join(', ')})`);
  }
}

function argumentsOf(folder: string): string[] {
  return [
    '-cp', path.join(TRINO_HOME, 'lib', '*'),
    '-Dnode.environment=test', `-Dnode.data-dir=${folder}`, `-Dconfig=${path.join(folder, 'config.properties')}`,
    `-Dcatalog.config-dir=${path.join(folder, 'catalog')}`, `-Dplugin.dir=${path.join(TRINO_HOME, 'plugin')}`,
    `-Djava.io.tmpdir=${folder}`,
  ];
}

function configure(folder: string, port: number, cloud: LocalCloud): void {
  const properties = (file: string, values: { readonly [name: string]: string | number }) =>
    writeFileSync(path.join(folder, file), Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join(''));
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = cloud.env;
  const storage = {
    'hive.metastore.glue.endpoint-url': cloud.endpoint,
    'hive.metastore.glue.region': cloud.region,
    'hive.metastore.glue.aws-access-key': key,
    'hive.metastore.glue.aws-secret-key': secret,
    'fs.native-s3.enabled': 'true',
    's3.endpoint': cloud.endpoint,
    's3.region': cloud.region,
    's3.path-style-access': 'true',
    's3.aws-access-key': key,
    's3.aws-secret-key': secret,
  };
  mkdirSync(path.join(folder, 'catalog'));
  properties('config.properties', {
    'coordinator': 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': port,
    'discovery.uri': `http://127.0.0.1:${port}`,
    'node.internal-address': '127.0.0.1',
    'web-ui.enabled': 'false',
  });
  properties('catalog/glue.properties', {
    'connector.name': 'iceberg',
    'iceberg.catalog.type': 'glue',
    'iceberg.register-table-procedure.enabled': 'true',
    ...storage,
  });
  properties('catalog/hive.properties', { 'connector.name': 'hive', 'hive.metastore': 'glue', ...storage });
}
