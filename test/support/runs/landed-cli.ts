import { pathToFileURL } from 'node:url';
import { runCli, startCli, type CliProcess, type CliResult } from '../../cli/spawn-cli';
import { removeCliBundle } from '../packages/cli-bundle';
import { standInRuns, type StandInRuns } from '../source/stand-in-runs';

/** What the command line says of a landed table. */
export interface ListedTable {
  readonly name: string;
  readonly dataset: string;
  readonly generation: number;
  readonly newest: boolean;
  readonly run: string;
  readonly rows: number;
  readonly snapshotId: string;
  readonly snapshots: number;
  readonly metadataLocation: string;
}

/** The command line over a stand-in source and a folder of its own for each test. */
export class LandedCli {
  public constructor(private readonly runs: StandInRuns) {}

  public get folder(): string {
    return this.runs.folder;
  }

  public async sql(text: string): Promise<void> {
    await this.runs.client.batch(text);
  }

  /** Runs a command on the folder, or on another. */
  public async cli(args: readonly string[], folder = this.folder): Promise<CliResult> {
    return runCli([...args, '--to', pathToFileURL(folder).href], { LEGACY_TO_S3_PASSWORD: this.runs.server.password });
  }

  /** The same, of which success is expected. */
  public async ok(args: readonly string[], folder?: string): Promise<string> {
    const { code, stdout, stderr } = await this.cli(args, folder);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  /** Starts a command on the folder. */
  public start(args: readonly string[]): CliProcess {
    return startCli([...args, '--to', pathToFileURL(this.folder).href], { LEGACY_TO_S3_PASSWORD: this.runs.server.password });
  }

  public extractArgs(tables: string, ...more: readonly string[]): string[] {
    const { host, port, user, database } = this.runs.server;
    return ['extract', '--server', host, '--port', String(port), '--user', user, '--database', database, '--encrypt', 'false', '--tables', tables, '--threads', '0', ...more];
  }

  /** Extracts and commits. @returns id of the run */
  public async land(tables: string): Promise<string> {
    const told = await this.ok(this.extractArgs(tables, '--landed-tables', 'iceberg', '--json'));
    return JSON.parse(told.trim().split('\n').at(-1)!).result.runId;
  }

  public async tables(folder?: string): Promise<ListedTable[]> {
    return JSON.parse(await this.ok(['tables', '--landed', '--json'], folder));
  }

  /** Rows of a query, as its JSON lines. */
  public async query(sql: string, args: readonly string[] = [], folder?: string): Promise<unknown[]> {
    const lines = (await this.ok(['query', sql, '--json', ...args], folder)).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as unknown);
  }
}

/** Starts the source before the tests of the file and stops it after them. */
export function landedCli(): LandedCli {
  const runs = standInRuns();
  afterAll(removeCliBundle);
  return new LandedCli(runs);
}
