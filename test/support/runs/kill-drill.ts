import type sql from 'mssql';
import { KILL_TABLES, landedLines, makeKillTables } from './kill-tables';
import { parseManifest, type Manifest } from '../../../src/contract';
import { Consistency } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { startCli } from '../../cli/spawn-cli';
import { FakeS3Server, type Fault, type RecordedRequest } from '../cloud/fake-s3-server';
import { connectClient } from '../source/stand-in-client';

/** How far a process had come when it was killed. */
export const PHASES = ['plan', 'reading', 'mid-part', 'object before checkpoint', 'manifest'] as const;
export type Phase = typeof PHASES[number];

/** A request at whose arrival the process is killed. */
interface KillPoint {
  readonly phase: Phase;
  readonly operation: string;
  /** Of the key. */
  readonly pattern: RegExp;
  /** Whether S3 has done what was asked when the process dies; it never learns. */
  readonly done: boolean;
  /** Which of such requests of a process, from 1. */
  readonly nth?: number;
}

const PART = /\/part-\d+-\d+\.csv$/;

/** Each kind of moment there is; random ones come beside them. */
const KILL_POINTS: readonly KillPoint[] = [
  { phase: 'plan', operation: 'HeadBucket', pattern: /^$/, done: false },
  { phase: 'plan', operation: 'CreateMultipartUpload', pattern: /write-check/, done: true },
  { phase: 'plan', operation: 'PutObject', pattern: /\/run\.json$/, done: false },
  { phase: 'plan', operation: 'PutObject', pattern: /\/run\.json$/, done: true },
  { phase: 'plan', operation: 'PutObject', pattern: /\/lease-\d+\.json$/, done: true },
  { phase: 'mid-part', operation: 'CreateMultipartUpload', pattern: PART, done: true },
  { phase: 'mid-part', operation: 'UploadPart', pattern: PART, done: false },
  { phase: 'mid-part', operation: 'UploadPart', pattern: PART, done: true, nth: 2 },
  { phase: 'mid-part', operation: 'CompleteMultipartUpload', pattern: PART, done: false },
  { phase: 'mid-part', operation: 'PutObject', pattern: PART, done: false, nth: 3 },
  { phase: 'object before checkpoint', operation: 'CompleteMultipartUpload', pattern: PART, done: true },
  { phase: 'object before checkpoint', operation: 'PutObject', pattern: PART, done: true, nth: 2 },
  { phase: 'object before checkpoint', operation: 'PutObject', pattern: /\/chunk-\d+-\d+\.json$/, done: false, nth: 2 },
  { phase: 'manifest', operation: 'PutObject', pattern: /\/_manifest\.json$/, done: false },
  { phase: 'manifest', operation: 'PutObject', pattern: /\/_manifest\.json$/, done: true },
  { phase: 'manifest', operation: 'DeleteObject', pattern: /\/run\.json$/, done: false },
  { phase: 'manifest', operation: 'DeleteObject', pattern: /\/run\.json$/, done: true },
];

/** What a drill found. */
export interface KillReport {
  /** Kills by the phase they fell into. */
  readonly kills: { readonly [phase in Phase]: number };
  /** Runs that were brought to their end. */
  readonly runs: number;
  readonly seconds: number;
  /** What was wrong with a run; empty when nothing was. */
  readonly problems: readonly string[];
}

export interface KillDrillOptions {
  /** Processes to kill: two thirds of them at the kinds of moments there are, in turn, the others at random ones. */
  readonly kills: number;
  /** How the processes read. @default snapshot */
  readonly consistency?: Consistency;
  readonly onRun?: (line: string) => void;
}

/** A source, a store, and processes of the command line that are killed and gone on with until each run is whole. */
export class KillDrill {
  public static async run(options: KillDrillOptions): Promise<KillReport> {
    const server = await startStandIn({ transactions: 100 });
    const s3 = await FakeS3Server.start('landing');
    try {
      return await withClient(server, async (client) => {
        await makeKillTables(client);
        return new KillDrill(server, s3, client, options).all();
      });
    } finally {
      await s3.stop();
      await server.stop();
    }
  }

  private readonly counts = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as { [phase in Phase]: number };
  private readonly problems: string[] = [];
  /** Kill points not used yet; undefined stands for a random moment. */
  private readonly left: Array<KillPoint | undefined>;
  /** How long the last process took that nobody killed (milliseconds); a random moment falls within. */
  private wholeMs = 0;

  private constructor(
    private readonly server: StandIn,
    private readonly s3: FakeS3Server,
    private readonly client: sql.ConnectionPool,
    private readonly options: KillDrillOptions,
  ) {
    const points = Array.from({ length: options.kills }, (_, at) => KILL_POINTS[(at - Math.floor(at / 3)) % KILL_POINTS.length]);
    this.left = points.map((point, at) => (at % 3 === 2 ? undefined : point));
  }

  private async all(): Promise<KillReport> {
    const began = performance.now();
    await this.process(undefined, 'never');
    await this.finished('the run nobody killed');
    let runs = 1;
    while (this.left.length > 0) {
      const before = this.left.length;
      await this.oneRun();
      runs += 1;
      await this.finished(`run ${runs}`);
      this.options.onRun?.(`run ${runs}: killed ${before - this.left.length} times; ${this.left.length} kills left`);
    }
    return { kills: this.counts, runs, seconds: (performance.now() - began) / 1000, problems: this.problems };
  }

  /** Begins a run, kills and goes on with it until it is complete. */
  private async oneRun(): Promise<void> {
    for (;;) {
      // A process killed before the checkpoint leaves nothing to go on with, one killed after its removal nothing to do.
      if (this.manifests().length > 0 && this.checkpoint() === undefined) return;
      const ended = this.left.length > 0 ? await this.process(this.checkpoint(), this.left[0]) : await this.process(this.checkpoint(), 'never');
      if (ended) return;
    }
  }

  /** Starts a process. @returns whether it ended by itself, with the run complete */
  private async process(runId: string | undefined, point: KillPoint | undefined | 'never'): Promise<boolean> {
    const { server, s3, options: { consistency = Consistency.SNAPSHOT } } = this;
    const args = [
      'extract', '--server', server.host, '--port', String(server.port), '--user', server.user, '--database', server.database, '--encrypt', 'false',
      '--to', 's3://landing/sql', '--endpoint-url', s3.endpoint, '--format', 'csv', '--readers', '2', '--json',
      ...(runId ? ['--resume', runId, '--take-over'] : ['--tables', KILL_TABLES.map(({ name }) => name).join(','), '--target-chunk-rows', '250', '--consistency', kebab(consistency)]),
    ];
    const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret', AWS_REGION: 'eu-central-1', LEGACY_TO_S3_PASSWORD: server.password };
    const first = s3.requests.length;
    const began = performance.now();
    const cli = startCli(args, env);
    let killed: Phase | undefined;
    let begun = false;
    cli.seen('table-started').then(() => { begun = true; }, () => undefined);
    const kill = (phase: Phase) => {
      if (killed === undefined && cli.process.kill('SIGKILL')) killed = phase;
    };
    let timer: NodeJS.Timeout | undefined;
    const killSoon = (withinMs: number) => {
      timer ??= setTimeout(() => kill(this.phaseNow(begun, s3.requests.slice(first))), Math.random() * withinMs);
    };
    // A third at any moment, the others once rows are read.
    if (point === undefined && Math.random() < 1 / 3) killSoon(this.wholeMs);
    else if (point === undefined) cli.seen('table-started').then(() => killSoon(this.wholeMs / 2), () => undefined);
    else if (point !== 'never') s3.fault = killAt(point, kill);
    const { code, stdout, stderr } = await cli.ended;
    clearTimeout(timer);
    s3.fault = () => undefined;
    if (killed !== undefined) {
      this.counts[killed] += 1;
      this.left.shift();
      return false;
    }
    if (code !== 0) throw new Error(`a process ended with code ${code} by itself: ${stderr}${stdout.slice(-2000)}`);
    // A random moment must fall into what such a process takes now.
    this.wholeMs = performance.now() - began;
    // The moment did not come in this process: it takes its turn in a later run.
    if (point !== 'never' && this.left.length > 0) this.left.push(this.left.shift());
    return true;
  }

  /** Of a process killed at a random moment. */
  private phaseNow(begun: boolean, requests: readonly RecordedRequest[]): Phase {
    if (requests.some(({ operation, key }) => operation === 'PutObject' && key.endsWith('_manifest.json'))) return 'manifest';
    if (!begun) return 'plan';
    const chunks = [...this.s3.objects.keys()].filter((key) => /\/chunk-/.test(key)).length;
    if ([...this.s3.objects.keys()].filter((key) => PART.test(key)).length > chunks) return 'object before checkpoint';
    return this.s3.uploads.size > 0 ? 'mid-part' : 'reading';
  }

  private manifests(): Manifest[] {
    return [...this.s3.objects].filter(([key]) => key.endsWith('_manifest.json')).map(([, { body }]) => parseManifest(body.toString()));
  }

  /** Id of the run that can be gone on with. */
  private checkpoint(): string | undefined {
    return [...this.s3.objects.keys()].map((key) => /run=([^/]+)\/run\.json$/.exec(key)?.[1]).find((id) => id !== undefined);
  }

  /** Compares what landed with the source, and empties the store. */
  private async finished(run: string): Promise<void> {
    const { s3, client, problems, options: { consistency = Consistency.SNAPSHOT } } = this;
    const found = this.manifests();
    if (found.length !== 1) problems.push(`${run}: ${found.length} manifests`);
    for (const manifest of found) {
      for (const { name, lines } of KILL_TABLES) {
        const table = manifest.tables.find((each) => each.table === name);
        const landed = (table?.objects ?? []).flatMap(({ key }) => landedLines(s3.objects.get(key)?.body)).sort();
        const same = landed.length === lines.length && landed.every((line, at) => line === lines[at]);
        if (!same) problems.push(`${run}: ${name} has ${landed.length} rows, the source ${lines.length}, or other values`);
        if (table?.rows !== lines.length) problems.push(`${run}: the manifest tells ${table?.rows} rows of ${name}`);
      }
      if (manifest.verification.state === 'unverified') problems.push(`${run}: not verified`);
      if (manifest.consistency.mode !== consistency) problems.push(`${run}: read as ${manifest.consistency.mode}`);
    }
    const { recordset: snapshots } = await client.query('SELECT name FROM sys.databases WHERE source_database_id IS NOT NULL');
    for (const { name } of snapshots) problems.push(`${run}: the database snapshot ${name} is left`);
    const named = new Set(found.flatMap(({ tables }) => tables.flatMap(({ objects }) => objects.map(({ key }) => key))));
    for (const key of s3.objects.keys()) {
      if (key.startsWith('sql/') && !key.endsWith('_manifest.json') && !named.has(key)) problems.push(`${run}: ${key} is named by no manifest`);
    }
    for (const { key } of s3.uploads.values()) problems.push(`${run}: the upload of ${key} was neither completed nor aborted`);
    const prune = await startCli(['prune', '--to', 's3://landing/sql', '--endpoint-url', s3.endpoint, '--older-than', '0'], {
      AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret', AWS_REGION: 'eu-central-1',
    }).ended;
    if (prune.code !== 0) problems.push(`${run}: prune ended with ${prune.code}: ${prune.stderr}`);
    const states = [...s3.objects.keys()].filter((key) => key.startsWith('sql-state/'));
    if (states.length > 0) problems.push(`${run}: checkpoints are left: ${states.slice(0, 3).join(', ')}`);
    s3.objects.clear();
    s3.uploads.clear();
    s3.requests.length = 0;
  }
}

function killAt(
  { phase, operation, pattern, done, nth = 1 }: KillPoint, kill: (phase: Phase) => void,
): (request: RecordedRequest) => Fault | undefined {
  let seen = 0;
  return (request) => {
    if (request.operation !== operation || !pattern.test(request.key) || ++seen !== nth) return undefined;
    // With the answer held back the process can do nothing more before it is dead.
    kill(phase);
    return done ? 'hang-after' : 'hang';
  };
}

/** As the command line spells what the library spells in camel case. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function withClient<T>(server: StandIn, work: (client: sql.ConnectionPool) => Promise<T>): Promise<T> {
  const client = await connectClient(server);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
