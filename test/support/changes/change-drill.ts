import { setImmediate as soon } from 'node:timers/promises';
import type sql from 'mssql';
import { rowsAsKnown } from './known-rows';
import { Chance, KNOWN_TABLES, KnownSource, type KnownRows } from './known-source';
import { ChangeMark, Manifest, parseManifest, RunItem, TABLE_PROPERTIES } from '../../../src/contract';
import { LandedManifest } from '../../../src/handlers/complete/read-manifest';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { startCli } from '../../cli/spawn-cli';
import { FakeS3Server, type Fault, type RecordedRequest } from '../cloud/fake-s3-server';
import { connectClient } from '../source/stand-in-client';
import { BUCKET, MemoryTables, ROOT } from '../tables/memory-tables';
import { Mortal } from '../tables/mortal';
import { shownTable } from '../tables/table-folder';

/** A request at whose arrival the process is killed. */
interface KillPoint {
  readonly operation: string;
  /** Of the key. */
  readonly pattern: RegExp;
  /** Whether S3 has done what was asked when the process dies; it never learns. */
  readonly done: boolean;
}

const KILL_POINTS: readonly KillPoint[] = [
  { operation: 'PutObject', pattern: /\/run\.json$/, done: true },
  { operation: 'PutObject', pattern: /\/chunk-\d+-\d+\.json$/, done: false },
  { operation: 'PutObject', pattern: /\/chunk-\d+-\d+\.json$/, done: true },
  { operation: 'PutObject', pattern: /\/(?:part|changes)-\d+-\d+\.parquet$/, done: true },
  { operation: 'PutObject', pattern: /\/(?:keys|deletes)-\d+-\d+\.parquet$/, done: false },
  { operation: 'PutObject', pattern: /\/deletes-\d+-\d+\.parquet$/, done: true },
  { operation: 'PutObject', pattern: /\/_manifest\.json$/, done: false },
  { operation: 'PutObject', pattern: /\/_manifest\.json$/, done: true },
  { operation: 'PutObject', pattern: /\/chain\.json$/, done: false },
  { operation: 'PutObject', pattern: /\/chain\.json$/, done: true },
  { operation: 'GetObject', pattern: /\/chain\.json$/, done: true },
];

export interface ChangeDrillOptions {
  /** Processes and completions to kill, together. */
  readonly kills: number;
  readonly seed: number;
  readonly onRun?: (line: string) => void;
}

/** After these rows were truncated, a column was added, and changes followed both. */
const LEAST_ROUNDS = 12;

/** Completions that one round has at most, those that were killed among them. */
const MOST_TURNS = 400;

/** What a drill found. */
export interface ChangeReport {
  readonly kills: { readonly processes: number; readonly completions: number };
  /** Manifests that landed, and those of changes among them. */
  readonly runs: number;
  readonly runsOfChanges: number;
  /** Tables compared with the source as of their mark. */
  readonly compared: number;
  /** Those whose mark was reached by changes. */
  readonly comparedAfterChanges: number;
  readonly transactions: number;
  readonly seconds: number;
  /** What was wrong; empty when nothing was. */
  readonly problems: readonly string[];
}

/** An event of a run, as it may come once more. */
interface RunEvent {
  readonly run: RunItem;
  readonly landed: LandedManifest;
}

/**
 * A source that is written to while processes of the command line sync it and are killed, and completions that are told of its runs
 * out of order, more than once, and are killed too. Whatever a table shows is compared with the source as of the table's mark.
 */
export class ChangeDrill {
  public static async run(options: ChangeDrillOptions): Promise<ChangeReport> {
    const server = await startStandIn({ transactions: 100 });
    const s3 = await FakeS3Server.start(BUCKET);
    let client: sql.ConnectionPool | undefined;
    try {
      client = await connectClient(server);
      const source = await KnownSource.make(client, server.database, options.seed);
      return await new ChangeDrill(server, s3, source, options).all();
    } finally {
      await client?.close();
      await s3.stop();
      await server.stop();
    }
  }

  private readonly chance: Chance;
  private readonly tables = new MemoryTables();
  private readonly problems: string[] = [];
  private readonly kills = { processes: 0, completions: 0 };
  private readonly seen = new Set<string>();
  private readonly known: RunEvent[] = [];
  /** Events that nobody has dealt with yet. */
  private pending: RunEvent[] = [];
  private runsOfChanges = 0;
  private compared = 0;
  private comparedAfterChanges = 0;

  private constructor(
    private readonly server: StandIn, private readonly s3: FakeS3Server, private readonly source: KnownSource,
    private readonly options: ChangeDrillOptions,
  ) {
    this.chance = new Chance(options.seed + 1);
  }

  private get killed(): number {
    return this.kills.processes + this.kills.completions;
  }

  private async all(): Promise<ChangeReport> {
    const began = performance.now();
    const { kills, onRun } = this.options;
    for (let round = 0; this.killed < kills || round < LEAST_ROUNDS; round++) {
      const problems = this.problems.length;
      if (round === 5) await this.source.truncate('SyncTicks');
      if (round === 8) await this.source.addColumn('SyncEntries', 'Extra', 7n);
      await this.sync(round);
      this.arrive();
      // Some events wait for the next round, so that runs come out of order.
      for (let turn = 0; this.pending.length > this.chance.below(3); turn++) await this.deliver(turn);
      await this.compare(`round ${round}`);
      onRun?.([`round ${round}: ${this.known.length} runs, ${this.killed} kills, ${this.source.committed} transactions`, ...this.problems.slice(problems)].join('\n'));
    }
    await this.sync('quiet');
    this.arrive();
    for (let turn = 0; this.pending.length > 0; turn++) await this.deliver(turn);
    await this.compare('the end');
    await this.settled();
    return {
      kills: this.kills,
      runs: this.known.length,
      runsOfChanges: this.runsOfChanges,
      compared: this.compared,
      comparedAfterChanges: this.comparedAfterChanges,
      transactions: this.source.committed,
      seconds: (performance.now() - began) / 1000,
      problems: this.problems,
    };
  }

  /** Processes until one ends by itself, while the source is written to; in the `quiet` none is killed and nothing written. */
  private async sync(round: number | 'quiet'): Promise<void> {
    const writing = { ends: round === 'quiet' };
    const writer = this.write(writing);
    try {
      for (let killed = true; killed;) killed = await this.process(round !== 'quiet' && this.killed < this.options.kills && this.chance.below(3) > 0);
    } finally {
      writing.ends = true;
      await writer;
    }
  }

  private async write(writing: { ends: boolean }): Promise<void> {
    for (let at = 0; !writing.ends; at++) {
      await this.source.write();
      await soon();
    }
  }

  /** @returns whether it was killed */
  private async process(kills: boolean): Promise<boolean> {
    const { server, s3, chance } = this;
    const cli = startCli([
      'sync', '--server', server.host, '--port', String(server.port), '--user', server.user, '--database', server.database, '--encrypt', 'false',
      '--to', `s3://${BUCKET}/lake`, '--endpoint-url', s3.endpoint, '--format', 'parquet', '--tables', KNOWN_TABLES.map(({ name }) => `dbo.${name}`).join(','),
      '--readers', '4', '--target-chunk-rows', '40', '--on-gap', 'reload', '--take-over', '--json',
    ], { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret', AWS_REGION: 'eu-central-1', LEGACY_TO_S3_PASSWORD: server.password });
    let killed = false;
    const kill = () => { killed ||= cli.process.kill('SIGKILL'); };
    let timer: NodeJS.Timeout | undefined;
    if (kills && chance.below(3) > 0) s3.fault = killAt(chance.of(KILL_POINTS), kill);
    else if (kills) timer = setTimeout(kill, 300 + chance.below(1_500));
    const { code, stdout, stderr } = await cli.ended;
    clearTimeout(timer);
    s3.fault = () => undefined;
    if (killed) this.kills.processes += 1;
    else if (code !== 0) throw new Error(`a process ended with code ${code} by itself: ${stderr}${stdout.slice(-2000)}`);
    return killed;
  }

  /** Events of the manifests that landed since. */
  private arrive(): void {
    for (const [key, { body, eTag }] of [...this.s3.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!key.endsWith('/_manifest.json') || this.seen.has(key)) continue;
      this.seen.add(key);
      const manifest = parseManifest(body.toString());
      this.requireObjects(manifest);
      if (manifest.tables.some(({ changes }) => changes)) this.runsOfChanges += 1;
      const run = { runId: manifest.runId, runState: 'COMPLETE', bucket: BUCKET, manifestETag: eTag, recordedAt: new Date().toISOString(), tables: manifest.tables.length } as RunItem;
      this.tables.runs.set(run.runId, run);
      const event = { run, landed: { manifest, bucket: BUCKET, key, versionId: 'null', eTag } as LandedManifest };
      this.known.push(event);
      this.pending.push(event, ...(this.chance.below(3) === 0 ? [event] : []));
    }
  }

  private requireObjects({ runId, tables }: Manifest): void {
    for (const { key } of tables.flatMap(({ objects }) => objects)) {
      const object = this.s3.objects.get(key);
      if (object) this.tables.files.set(ROOT + key, object.body);
      else this.problems.push(`run ${runId}: ${key} is missing`);
    }
  }

  /** One completion of one event, in any order. */
  private async deliver(turn: number): Promise<void> {
    if (turn > MOST_TURNS) throw new Error(`events of ${this.pending.length} runs come for ever: ${this.problems.join('; ')}`);
    const at = this.chance.below(this.pending.length);
    const [event] = this.pending.splice(at, 1);
    const dies = this.killed < this.options.kills && this.chance.below(2) === 0;
    const mortal = new Mortal({ request: dies ? 1 + this.chance.below(60) : Infinity, when: this.chance.below(2) === 0 ? 'before' : 'after' });
    const services = this.tables.services({ wrap: (files, catalog) => [mortal.with(files), mortal.with(catalog)] });
    const others: RunEvent[] = [];
    const invokeAgain = async (next: object) => { others.push(this.eventOf(next)); };
    let failure: Error | undefined;
    const mortalServices = { ...services, items: mortal.with(services.items), runs: mortal.with(services.runs), invokeAgain };
    const work = commitTables(mortalServices, event.run, event.landed).then(async (next) => { await (next as (() => Promise<void>) | void)?.(); })
      .catch((error: unknown) => { failure = error as Error; });
    const died = await mortal.diesDuring(work);
    this.pending.push(...others);
    if (died) this.kills.completions += 1;
    // Lambda repeats an event that failed; the sources of events repeat one that nobody answered.
    if (died || failure) this.pending.push(event);
    if (failure && !died && !/TABLES_NOT_COMMITTED/.test(String((failure as { code?: string }).code))) this.problems.push(`run ${event.run.runId}: ${failure.message}`);
  }

  /** The event of a run that a completion asks for. */
  private eventOf(next: object): RunEvent {
    const text = JSON.stringify(next);
    const event = this.known.find(({ run: { runId } }) => text.includes(`"runId":"${runId}"`));
    if (!event) throw new Error(`a completion asks for a run that is not known: ${text}`);
    return event;
  }

  /** Compares each table with the source as of its mark. */
  private async compare(when: string): Promise<void> {
    const workplace = this.tables.services().workplaceOf(BUCKET);
    for (const { name } of KNOWN_TABLES) {
      const metadata = await shownTable(workplace, `${this.server.database}_dbo_${name}`.toLowerCase());
      const applied = metadata?.properties?.[TABLE_PROPERTIES.appliedMark];
      if (!metadata || applied === undefined) continue;
      const mark = JSON.parse(applied) as ChangeMark;
      const run = this.known.find(({ run: { runId } }) => runId === metadata.properties?.[TABLE_PROPERTIES.appliedRun]);
      const table = run?.landed.manifest.tables.find((each) => each.table === name);
      if (!table?.changes && !table?.base?.exact) continue;
      const shown = await rowsAsKnown(workplace, metadata, name, this.source.columnsOf(name));
      this.compared += 1;
      if (table.changes) this.comparedAfterChanges += 1;
      const differences = this.source.at(mark.order).map((state) => differenceOf(shown, state.get(name)!));
      if (differences.every((difference) => difference !== undefined)) {
        this.problems.push(`${when}: ${name} as of ${mark.order} by run ${metadata.properties?.[TABLE_PROPERTIES.appliedRun]}: ${differences[0]}`);
      }
      if (table.changes?.sourceRows !== undefined && table.changes.sourceRows !== shown.size) {
        this.problems.push(`${when}: ${name} has ${shown.size} rows, its run counted ${table.changes.sourceRows}`);
      }
    }
  }

  /** After the last sync every table is as of the source's newest version. */
  private async settled(): Promise<void> {
    const waiting = [...this.tables.items.values()].filter(({ commitState }) => commitState === 'WAITING');
    for (const { runId, tableOf } of waiting) this.problems.push(`run ${runId} waits for ever with ${tableOf}`);
    const workplace = this.tables.services().workplaceOf(BUCKET);
    for (const { name } of KNOWN_TABLES) {
      const metadata = await shownTable(workplace, `${this.server.database}_dbo_${name}`.toLowerCase());
      const shown = metadata && await rowsAsKnown(workplace, metadata, name, this.source.columnsOf(name));
      const difference = shown ? differenceOf(shown, this.source.newest().get(name)!) : 'is not shown';
      if (difference !== undefined) this.problems.push(`the end: ${name} is not what the source holds: ${difference}`);
    }
  }
}

function differenceOf(shown: KnownRows, expected: KnownRows): string | undefined {
  const missing = [...expected.keys()].find((key) => !shown.has(key));
  if (missing !== undefined) return `the row ${missing} is missing (${shown.size} rows of ${expected.size})`;
  const more = [...shown.keys()].find((key) => !expected.has(key));
  if (more !== undefined) return `the row ${more} should not be there (${shown.size} rows of ${expected.size})`;
  const text = (row: readonly unknown[] | undefined) => JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const other = [...expected.keys()].find((key) => text(expected.get(key)) !== text(shown.get(key)));
  return other === undefined ? undefined : `the row ${other} is ${text(shown.get(other))}, the source has ${text(expected.get(other))}`;
}

function killAt({ operation, pattern, done }: KillPoint, kill: () => void): (request: RecordedRequest) => Fault | undefined {
  let seen = false;
  return (request) => {
    if (seen || request.operation !== operation || !pattern.test(request.key)) return undefined;
    seen = true;
    // With the answer held back the process can do nothing more before it is dead.
    kill();
    return done ? 'hang-after' : 'hang';
  };
}
