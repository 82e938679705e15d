import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as soon } from 'node:timers/promises';
import type sql from 'mssql';
import type { ChangeDrillOptions, ChangeReport } from './change-report';
import { cellsAsKnown, differenceOf, rowsAsKnown } from './known-rows';
import { KnownSource } from './known-source';
import { Chance, KNOWN_TABLES } from './known-tables';
import { runSync } from './sync-process';
import { TrinoReader } from './trino-reader';
import { ChangeMark, Manifest, parseManifest, RunItem, TABLE_PROPERTIES } from '../../../src/contract';
import { LandedManifest } from '../../../src/handlers/complete/read-manifest';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { metadataAt } from '../../../src/iceberg/commit/workplace';
import { TableMetadata } from '../../../src/iceberg/spec/table-metadata';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { FakeS3Server } from '../cloud/fake-s3-server';
import { connectClient } from '../source/stand-in-client';
import { BUCKET, MemoryTables, ROOT } from '../tables/memory-tables';
import { Mortal } from '../tables/mortal';

/** After these rows were truncated, a column was added, and changes followed both. */
const LEAST_ROUNDS = 4;

/** Completions that one round has at most, those that were killed among them. */
const MOST_TURNS = 400;

/** Requests of a completion that dies, at most: of those that commit, and of those that count rows too. */
const LIVES = [60, 60, 240];

/** A busy machine takes its time. */
const REQUEST_TIMEOUT_MS = 120_000;

/** An event of a run, as it may come once more. */
interface RunEvent {
  readonly run: RunItem;
  readonly landed: LandedManifest;
}

/** The machines of a drill. */
interface Ground {
  readonly server: StandIn;
  readonly s3: FakeS3Server;
  readonly source: KnownSource;
  readonly trino?: TrinoReader;
  /** File with what the command line is not told by flags. */
  readonly config: string;
}

/**
 * A source that is written to while processes of the command line sync it and are killed, and completions that are told of its runs
 * out of order, more than once, and are killed too. Whatever a table shows is compared with the source as of the table's mark.
 */
export class ChangeDrill {
  public static async run(options: ChangeDrillOptions): Promise<ChangeReport> {
    const folder = mkdtempSync(join(tmpdir(), 'change-drill-'));
    const config = join(folder, 'sync.yaml');
    writeFileSync(config, JSON.stringify({ tableOptions: [{ table: 'dbo.SyncSeen', deletes: 'unseen' }] }));
    const server = await startStandIn({ transactions: 100, threads: 1 });
    const s3 = await FakeS3Server.start(BUCKET);
    let client: sql.ConnectionPool | undefined;
    let trino: TrinoReader | undefined;
    try {
      if (options.trino) trino = await TrinoReader.start();
      client = await connectClient(server, REQUEST_TIMEOUT_MS);
      const source = await KnownSource.make(client, server.database, options.seed);
      return await new ChangeDrill({ server, s3, source, config, ...(trino && { trino }) }, options).all();
    } finally {
      await client?.close();
      await trino?.stop();
      await s3.stop();
      await server.stop();
      rmSync(folder, { recursive: true });
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
  /** By table: metadata that was compared last. */
  private readonly shown = new Map<string, string>();
  private runsOfChanges = 0;
  private compared = 0;
  private comparedByTrino = 0;
  private readonly comparedAfterChanges: { [way: string]: number } = {};
  private readonly countedAfterChanges: { [way: string]: number } = {};
  private truncated = 0;
  private columnsAdded = 0;

  private constructor(private readonly ground: Ground, private readonly options: ChangeDrillOptions) {
    this.chance = new Chance(options.seed + 1);
  }

  private async all(): Promise<ChangeReport> {
    const began = performance.now();
    const { ground: { source }, options: { kills, onRun }, known, problems } = this;
    for (let round = 0; this.kills.processes < kills.processes || this.kills.completions < kills.completions || round < LEAST_ROUNDS; round++) {
      const before = problems.length;
      await this.sync(round);
      this.arrive(this.isOneVersion(round));
      // Some events wait for the next round, so that runs come out of order.
      for (let turn = 0; this.pending.length > this.chance.below(3); turn++) await this.deliver(turn);
      const { processes, completions } = this.kills;
      onRun?.([`round ${round}: ${known.length} runs, ${processes} processes and ${completions} completions killed, ${source.committed} transactions, `
        + `${this.compared} compared, ${this.comparedByTrino} by Trino`, ...problems.slice(before)].join('\n'));
    }
    await this.capture();
    await this.sync('quiet');
    this.arrive(true);
    for (let turn = 0; this.pending.length > 0; turn++) await this.deliver(turn);
    await this.settled();
    return {
      kills: this.kills,
      runs: known.length,
      runsOfChanges: this.runsOfChanges,
      compared: this.compared,
      comparedAfterChanges: this.comparedAfterChanges,
      countedAfterChanges: this.countedAfterChanges,
      comparedByTrino: this.comparedByTrino,
      transactions: source.committed,
      truncated: this.truncated,
      columnsAdded: this.columnsAdded,
      seconds: (performance.now() - began) / 1000,
      problems,
    };
  }

  private isOneVersion(round: number | 'quiet'): boolean {
    return round === 'quiet' || round % 3 === 2;
  }

  /** Processes until one ends by itself, while the source is written to; in the `quiet` none is killed and nothing written. */
  private async sync(round: number | 'quiet'): Promise<void> {
    const { ground: { server, s3, config }, options, chance } = this;
    const writing = { ends: false };
    const writer = round === 'quiet' ? undefined : this.write(round, writing);
    // A writer that failed leaves nothing to wait for.
    const failed = new Promise<never>((_resolve, reject) => { writer?.catch(reject); });
    failed.catch(() => undefined);
    try {
      for (let ended = 'killed'; ended !== 'done';) {
        const kills = round !== 'quiet' && this.kills.processes < options.kills.processes && chance.below(4) > 0;
        ended = await Promise.race([failed, runSync({ server, s3, chance, config, kills, oneVersion: this.isOneVersion(round) })]);
        if (ended === 'killed') this.kills.processes += 1;
      }
    } finally {
      writing.ends = true;
      await writer;
    }
  }

  private async write(round: number, writing: { ends: boolean }): Promise<void> {
    const { ground: { source }, chance, options: { transactions = Infinity } } = this;
    const alteredAt = chance.below(30);
    for (let at = 0; !writing.ends; at++) {
      if (at === alteredAt) await this.alter(round);
      if (at < transactions) await source.write();
      if (chance.below(8) === 0) await this.capture();
      await soon();
    }
  }

  /** Now and then all rows of a table go, or it gets a column; one of both in the first load. */
  private async alter(round: number): Promise<void> {
    const { ground: { source }, options: { seed }, chance } = this;
    const first = round === 0 && (seed % 2 === 0 ? 'truncate' : 'column');
    if (first === 'truncate' || round % 5 === 2) {
      await source.truncate(chance.of(['SyncTicks', 'SyncEntries']));
      this.truncated += 1;
    } else if (first === 'column' || round % 15 === 4) {
      await source.addColumn('SyncEntries', `Extra${round}`, BigInt(round));
      this.columnsAdded += 1;
    }
  }

  /** What SQL Server Agent does, some time after the commits. */
  private async capture(): Promise<void> {
    const { engine, database } = this.ground.server;
    await engine.runCapture(engine.catalog.database(database)!);
  }

  /** Events of the manifests that landed since. */
  private arrive(oneVersion: boolean): void {
    for (const [key, { body, eTag }] of [...this.ground.s3.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!key.endsWith('/_manifest.json') || this.seen.has(key)) continue;
      this.seen.add(key);
      const manifest = parseManifest(body.toString());
      this.requireObjects(manifest);
      if (manifest.tables.some(({ changes }) => changes)) {
        this.runsOfChanges += 1;
        if (oneVersion) this.requireOneVersion(manifest);
      }
      const run = { runId: manifest.runId, runState: 'COMPLETE', bucket: BUCKET, manifestETag: eTag, recordedAt: new Date().toISOString(), tables: manifest.tables.length } as RunItem;
      this.tables.runs.set(run.runId, run);
      const event = { run, landed: { manifest, bucket: BUCKET, key, versionId: 'null', eTag } as LandedManifest };
      this.known.push(event);
      this.pending.push(event, ...(this.chance.below(3) === 0 ? [event] : []));
    }
  }

  private requireObjects({ runId, tables }: Manifest): void {
    for (const { key } of tables.flatMap(({ objects }) => objects)) {
      const object = this.ground.s3.objects.get(key);
      if (object) this.tables.files.set(ROOT + key, object.body);
      else this.problems.push(`run ${runId}: ${key} is missing`);
    }
  }

  /** A transaction over several tables is in such a run whole, or not at all. */
  private requireOneVersion({ runId, tables }: Manifest): void {
    const marks = tables.flatMap(({ changes, base }) => changes?.to ?? base?.mark ?? []).filter(({ way }) => way === 'changeTracking');
    const orders = new Set(marks.map(({ order }) => order));
    if (orders.size > 1) this.problems.push(`run ${runId} has tables of several versions: ${[...orders].join(', ')}`);
  }

  /** One completion of one event, in any order. */
  private async deliver(turn: number): Promise<void> {
    if (turn > MOST_TURNS) throw new Error(`events of ${this.pending.length} runs come for ever: ${this.problems.join('; ')}`);
    const at = this.chance.below(this.pending.length);
    const [event] = this.pending.splice(at, 1);
    const dies = this.kills.completions < this.options.kills.completions && this.chance.below(4) > 0;
    const mortal = new Mortal({ request: dies ? 1 + this.chance.below(this.chance.of(LIVES)) : Infinity, when: this.chance.below(2) === 0 ? 'before' : 'after' });
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
    for (const { name } of KNOWN_TABLES) await this.compare(name);
  }

  /** The event of a run that a completion asks for. */
  private eventOf(next: object): RunEvent {
    const text = JSON.stringify(next);
    const event = this.known.find(({ run: { runId } }) => text.includes(`"runId":"${runId}"`));
    if (!event) throw new Error(`a completion asks for a run that is not known: ${text}`);
    return event;
  }

  /** Compares a table that was changed with the source as of its mark. */
  private async compare(name: string): Promise<void> {
    const { ground: { source }, tables, problems } = this;
    const workplace = tables.services().workplaceOf(BUCKET);
    const location = (await workplace.catalog.load(this.catalogName(name)))?.metadataLocation;
    if (location === undefined || this.shown.get(name) === location) return;
    this.shown.set(name, location);
    const metadata = await metadataAt(workplace, location);
    const { [TABLE_PROPERTIES.appliedMark]: applied, [TABLE_PROPERTIES.appliedRun]: runId } = metadata.properties ?? {};
    const table = this.known.find(({ run }) => run.runId === runId)?.landed.manifest.tables.find((each) => each.table === name);
    if (applied === undefined || (!table?.changes && !table?.base?.exact)) return;
    const mark = JSON.parse(applied) as ChangeMark;
    const problem = (what: string) => problems.push(`${name} as of ${mark.order} by run ${runId}: ${what}`);
    const size = await this.compareWith(await source.at(name, mark), name, metadata, location, problem);
    this.compared += 1;
    if (table.changes) this.comparedAfterChanges[mark.way] = (this.comparedAfterChanges[mark.way] ?? 0) + 1;
    const { sourceRows } = table.changes ?? {};
    if (sourceRows === undefined) return;
    this.countedAfterChanges[mark.way] = (this.countedAfterChanges[mark.way] ?? 0) + 1;
    if (sourceRows !== size) problem(`it has ${size} rows, its run counted ${sourceRows}`);
  }

  /** @returns rows that are shown */
  private async compareWith(
    expected: Parameters<typeof differenceOf>[1], name: string, metadata: TableMetadata, location: string, problem: (what: string) => void,
  ): Promise<number> {
    const { ground: { source, trino }, tables } = this;
    const shown = await rowsAsKnown(tables.services().workplaceOf(BUCKET), metadata, name, source.columnsOf(name));
    const difference = differenceOf(shown, expected);
    if (difference !== undefined) problem(difference);
    if (trino) {
      this.comparedByTrino += 1;
      const byTrino = differenceOf(cellsAsKnown(await trino.rows(tables.files, location), name, source.columnsOf(name)), expected);
      if (byTrino !== undefined) problem(`read by Trino, ${byTrino}`);
    }
    return shown.size;
  }

  /** After the last sync every table is as of the source's newest version. */
  private async settled(): Promise<void> {
    const { ground: { source }, tables, problems } = this;
    const waiting = [...tables.items.values()].filter(({ commitState }) => commitState === 'WAITING');
    for (const { runId, tableOf } of waiting) problems.push(`run ${runId} waits for ever with ${tableOf}`);
    const workplace = tables.services().workplaceOf(BUCKET);
    for (const { name } of KNOWN_TABLES) {
      const problem = (what: string) => problems.push(`the end: ${name} is not what the source holds: ${what}`);
      const location = (await workplace.catalog.load(this.catalogName(name)))?.metadataLocation;
      if (location === undefined) problem('it is not shown');
      else await this.compareWith([source.newest(name)], name, await metadataAt(workplace, location), location, problem);
    }
  }

  private catalogName(name: string): string {
    return `${this.ground.server.database}_dbo_${name}`.toLowerCase();
  }
}
