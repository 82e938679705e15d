import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { stopper, tailOf, type LocalCloud } from '../local-cloud';
import { fileOf, PYTHON, SPARK_DOWNLOADS, SPARK_JARS } from './downloads';
import { type Cell, doubleCell, type Engine, EngineError, type EngineName, type Rows, type RowsOptions, type TableAddress } from './engine';
import { findJava, JAVA_OF_SPARK } from './java';

type WorkerName = Exclude<EngineName, 'trino'>;

/** As worker/cells.py makes it: by column. */
interface Answer {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly floating: readonly boolean[];
  readonly columns: ReadonlyArray<readonly Cell[]>;
}

/** An engine that runs in a Python process of its own: PyIceberg, DuckDB, Spark. */
export class WorkerEngine implements Engine {
  /**
   * @param cloud where tables with `s3://` locations and names in Glue are; without one they are in folders
   * @throws EngineError when it does not start
   */
  public static async start(name: WorkerName, cloud?: LocalCloud): Promise<WorkerEngine> {
    const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
    const child = startWorker(name, folder, cloud);
    const engine = new WorkerEngine(name, child, folder);
    try {
      engine.version = await engine.call('version', {}) as string;
      return engine;
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  public version = '';
  private readonly lines: Interface;
  private readonly end: () => Promise<void>;
  private queue: Promise<unknown> = Promise.resolve();
  private ended = false;

  private constructor(public readonly name: WorkerName, private readonly child: ChildProcess, private readonly folder: string) {
    this.end = stopper(child);
    this.lines = createInterface({ input: child.stdout! });
    (child.stdout as unknown as { unref?: () => void }).unref?.();
    child.once('exit', () => { this.ended = true; });
    child.once('error', () => { this.ended = true; });
  }

  public async rows(table: TableAddress, { version, columns }: RowsOptions = {}): Promise<Rows> {
    const at = version && ('tag' in version ? version : { snapshot: version.snapshotId });
    return rowsOf(await this.call('rows', { table: this.address(table), at, columns }) as Answer);
  }

  public async query(sql: string): Promise<Rows> {
    if (this.name === 'pyiceberg') throw new EngineError(this.name, 'has no SQL');
    return rowsOf(await this.call('query', { sql }) as Answer);
  }

  public async stop(): Promise<void> {
    await this.end();
    this.lines.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Reads a table by a REST catalog; PyIceberg alone knows the way. */
  public async rowsByRest(uri: string, table: Required<TableAddress>['glue'], { version }: RowsOptions = {}): Promise<Rows> {
    const at = version && ('tag' in version ? version : { snapshot: version.snapshotId });
    return rowsOf(await this.call('rows', { table: { rest: uri, ...table }, at }) as Answer);
  }

  /** Calls a method of the engine's class in worker/; one at a time. */
  public async call(method: string, args: object): Promise<unknown> {
    const answer = this.queue.then(async () => this.ask(method, args));
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  private async ask(method: string, args: object): Promise<unknown> {
    if (this.ended) throw this.gone();
    this.child.ref();
    const line = await new Promise<string>((resolve, reject) => {
      const fail = () => reject(this.gone());
      this.child.once('exit', fail);
      this.lines.once('line', (text) => {
        this.child.off('exit', fail);
        resolve(text);
      });
      this.child.stdin!.write(`${JSON.stringify({ method, arguments: args })}\n`);
    });
    this.child.unref();
    const { value, error } = JSON.parse(line) as { value?: unknown; error?: string };
    if (error !== undefined) throw new EngineError(this.name, error);
    return value;
  }

  private gone(): EngineError {
    return new EngineError(this.name, `its process ended\n${tailOf(path.join(this.folder, 'worker.log'))}`);
  }

  private address({ metadataLocation, glue }: TableAddress): object {
    // Spark reads a metadata file by Hadoop's file systems, which know no s3://.
    const byName = glue && (metadataLocation === undefined || (this.name === 'spark' && metadataLocation.startsWith('s3:')));
    if (byName && this.name === 'duckdb') throw new EngineError('duckdb', 'reads tables by the location of their metadata only');
    return byName ? glue : { metadata: metadataLocation };
  }
}

function startWorker(name: WorkerName, folder: string, cloud: LocalCloud | undefined): ChildProcess {
  const log = openSync(path.join(folder, 'worker.log'), 'a');
  const settings = cloud && {
    endpoint: cloud.endpoint, region: cloud.region, accessKeyId: cloud.env.AWS_ACCESS_KEY_ID, secretAccessKey: cloud.env.AWS_SECRET_ACCESS_KEY,
  };
  try {
    return spawn(PYTHON, [path.join(__dirname, 'worker', 'main.py'), name, JSON.stringify(settings ?? null)], {
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'pipe', log],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TMPDIR: folder,
        LANG: 'C.UTF-8',
        PYTHONDONTWRITEBYTECODE: '1',
        ...name === 'spark' && {
          JAVA_HOME: javaHome(),
          SPARK_LOCAL_IP: '127.0.0.1',
          ENGINE_JARS: SPARK_DOWNLOADS.map((item) => path.join(SPARK_JARS, fileOf(item))).join(','),
        },
      },
    });
  } finally {
    closeSync(log);
  }
}

/** Spark's scripts take it, and else the `java` of the PATH. */
function javaHome(): string | undefined {
  const java = findJava(JAVA_OF_SPARK);
  return java === undefined || java === 'java' ? undefined : path.resolve(java, '..', '..');
}

function rowsOf({ names, types, floating, columns }: Answer): Rows {
  const cells = columns.map((column, index) => floating[index] ? column.map((cell) => cell === null ? null : doubleCell(numberOf(cell))) : column);
  return { names, types, rows: Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => cells.map((column) => column[row])) };
}

/** As Python writes it. */
function numberOf(text: string): number {
  return Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'));
}
