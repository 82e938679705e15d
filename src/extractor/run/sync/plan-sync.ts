import { goneTables } from './gone-tables';
import { toldWay } from './idle';
import { probeTable } from './probe-table';
import type { ChainLink, ChangeChain, ChangeMark } from '../../../contract';
import { Changes, CountEvery, OnGap } from '../../api/changes/changes-options';
import { ChangeWay, type PlannedChanges } from '../../api/changes/planned-changes';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan, PlannedTable } from '../../api/extraction-plan';
import { OnTableError } from '../../api/extractor-props';
import type { ChangeFacts } from '../../changes/change-facts';
import { trackingLineage, versionOrder } from '../../changes/change-tracking';
import { gap } from '../../changes/changed-table';
import { MOST_COMPARED_KEYS } from '../../changes/key-equality';
import { probeTracked, type Probe } from '../../changes/probe-changes';
import type { LandingTarget } from '../../landing/target/landing-target';
import { parsedPatterns } from '../../plan/table-choices';
import { MOST_LANDED_KEYS, shapeOf, tableSettings } from '../../plan/ways/choose-ways';
import { quoteTable } from '../../source/catalog/identifiers';
import type { SourceFeatures } from '../../source/catalog/source-features';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { linkKey } from '../../state/chain-store';
import { planJobs } from '../chunks/table-job';
import type { ReadJob } from '../context/read-job';
import type { RunOptions } from '../context/run-options';
import { findLandedObjects } from '../landed/landed-objects';
import { planOver } from '../plan-run';
import { planWithWays } from '../plan-ways';

/** A link that changes can follow. */
interface MarkedLink extends ChainLink {
  readonly mark: ChangeMark;
}

/** A table that could not be followed. */
export interface FoundGap {
  readonly schema: string;
  readonly table: string;
  readonly way: string;
  readonly why: string;
  /** Whether it is read whole in the run; else it is left out. */
  readonly reloaded: boolean;
}

/** What a sync reads. */
export interface SyncPlan {
  /** Tables with changes to read, and tables to read whole; none where nothing changed. */
  readonly plan: ExtractionPlan;
  readonly gaps: readonly FoundGap[];
  /** Links of tables that were seen to be unchanged up to a later version than their marks. */
  readonly unchanged: { readonly [table: string]: ChainLink };
  /** Landed tables that the source has no more. */
  readonly gone: readonly string[];
  /** Ways of all tables that follow. */
  readonly ways: readonly string[];
}

export interface PlanSyncOptions {
  readonly connection: SqlServerConnection;
  readonly features: SourceFeatures;
  readonly facts: ChangeFacts;
  readonly options: RunOptions;
  /** Where the runs of the chain landed. */
  readonly target: LandingTarget;
  readonly chain: ChangeChain;
  /** Version of the database before anything was looked at, in digits. */
  readonly version?: string;
  /** Gaps that were met when the changes of tables were read, by the name of the table; another look does not find them. */
  readonly met?: ReadonlyMap<string, LegacyToS3Error>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What is looked at to find landed spellings of keys: rows, bytes and runs since a table was read whole. */
const LANDED_LIMITS = { rows: MOST_LANDED_KEYS, bytes: 256 * 1024 * 1024, runs: 500 };
/** What is looked at to find deletes; of its objects the key columns alone are read. */
const COMPARED_LIMITS = { rows: MOST_COMPARED_KEYS, bytes: Number.MAX_SAFE_INTEGER, runs: 500 };
/** Tables below are counted with each run (rows). */
const SMALL_TABLE = 1_000_000;

/**
 * Looks at all tables of a chain: which have changed, which must be read whole, and why. Nothing is read of them.
 *
 * @throws LegacyToS3Error of code CHANGES_GAP for the first table whose changes cannot be told, unless the options read it whole or leave it out
 */
export async function planSync(given: PlanSyncOptions): Promise<SyncPlan> {
  const { connection, features, facts, options, chain } = given;
  // No table is looked into before it is known that it is read whole.
  const survey = await planWithWays(connection, facts, await planOver(connection, features, uncut(options)), options);
  const gaps: FoundGap[] = [];
  const chosen = new Map<PlannedTable, PlannedChanges>();
  const settingsOf = tableSettings(survey.tables, options);
  const followed: Array<{ readonly table: PlannedTable; readonly link: MarkedLink }> = [];
  const whole = (table: PlannedTable, why: string) => chosen.set(table, { ...table.changes!, reload: why });
  const onGap = (table: PlannedTable, link: ChainLink, error: LegacyToS3Error) => {
    const { schema, table: name, changes } = table;
    const found = { schema, table: name, way: link.mark?.way ?? changes!.way, why: error.message };
    if (options.onGap === OnGap.RELOAD) whole(table, error.message);
    else if (options.onTableError !== OnTableError.CONTINUE) throw error;
    gaps.push({ ...found, reloaded: options.onGap === OnGap.RELOAD });
  };
  for (const table of survey.tables) {
    const link = chain.tables[linkKey(table)];
    const { way, why } = table.changes!;
    if (!link) {
      whole(table, 'it is new');
    } else if (link.reload !== undefined) {
      whole(table, link.reload);
    } else if (settingsOf(table).changes === Changes.NONE) {
      // It was read by the first load.
    } else if (way === ChangeWay.WHOLE) {
      whole(table, why);
    } else if (!link.mark) {
      whole(table, 'the run before has no mark of it from which its changes could be read');
    } else {
      const other = given.met?.get(linkKey(table)) ?? differenceOf(table, link as MarkedLink, given);
      if (other) onGap(table, link, other);
      else followed.push({ table, link: link as MarkedLink });
    }
  }
  const probes = await probe(given, followed);
  const unchanged: { [table: string]: ChainLink } = {};
  const isCompared = ({ settings, key }: PlannedChanges) => settings?.deletes === 'keys' && key.length > 0;
  const isSpelled = ({ way, settings }: PlannedChanges) => way === ChangeWay.CHANGE_TRACKING && settings?.spellings === 'true';
  const looked = followed.filter(({ table: { changes } }, at) => probes[at].changed && (isSpelled(changes!) || isCompared(changes!)));
  const whose = looked.map(({ table: { schema, table, changes }, link: { runId } }) => (
    { schema, table, runId, ...(isCompared(changes!) && { limits: COMPARED_LIMITS, withDeletes: true }) }));
  const objects = await findLandedObjects(given.target, whose, LANDED_LIMITS);
  const landed = new Map(looked.map(({ table }, at) => [table, objects[at]]));
  followed.forEach(({ table, link }, at) => {
    const { changed, gap: found, unchangedTo } = probes[at];
    const { keys, rows, tooMany, gone } = landed.get(table) ?? {};
    const wherefore = isCompared(table.changes!) ? 'its deletes are found by comparing keys' : 'its key lands in several spellings';
    if (found) {
      onGap(table, link, found);
    } else if (gone !== undefined) {
      onGap(table, link, gap(table, link.mark, `${wherefore}, and what landed cannot be looked at: ${gone}`));
    } else if (tooMany !== undefined) {
      whole(table, `${wherefore}, and ${tooMany}`);
    } else if (changed) {
      chosen.set(table, { ...table.changes!, ...fromLink(link), ...(keys && { landed: [...keys], landedRows: rows }) });
    } else if (unchangedTo !== undefined) {
      unchanged[linkKey(table)] = { ...link, unchangedTo };
    } else if (link.mark.way === ChangeWay.CHANGE_TRACKING && given.version !== undefined) {
      unchanged[linkKey(table)] = { ...link, unchangedTo: latest(link, versionOrder(given.version)) };
    }
  });
  const counted = [...chosen].map(([table, changes]): PlannedTable => {
    const count = isCounted(table, chain.tables[linkKey(table)], given);
    return { ...table, changes: { ...changes, count } };
  });
  const gone = await goneTables(connection, chain, new Set(survey.tables.map(linkKey)));
  const following = survey.tables.filter((table) => settingsOf(table).changes !== Changes.NONE);
  return { plan: await cut(counted, survey, given), gaps, unchanged, gone, ways: following.map(({ changes }) => toldWay(changes!)) };
}

/** One chunk a table. */
export function uncut(options: RunOptions): RunOptions {
  const tableOptions = options.tableOptions.map(({ targetChunkBytes: _, targetChunkRows: _rows, chunkBy: _by, ...rest }) => rest);
  return { ...options, chunkTarget: { bytes: Number.MAX_SAFE_INTEGER }, tableOptions };
}

/** Tables that are read whole in the chunks they would have in a run of their own. */
async function cut(
  tables: readonly PlannedTable[], survey: ExtractionPlan, { connection, features, options }: PlanSyncOptions,
): Promise<ExtractionPlan> {
  const whole = tables.filter(({ changes }) => !changes!.from);
  if (whole.length === 0) return { ...survey, tables: [...tables] };
  // Options of tables that are not read would be refused as misspelt.
  const meant = new Set<object>(whole.flatMap((table) => survey.tables.filter((each) => linkKey(each) === linkKey(table))));
  const tableOptions = parsedPatterns(survey.tables, options.tableOptions)
    .filter((each) => [...each.meant].some((table) => meant.has(table))).map(({ rule }) => rule);
  const include = whole.map(({ schema, table }) => quoteTable(schema, table));
  const made = await planOver(connection, features, { ...options, tableOptions, include, exclude: [] });
  const cutTables = new Map(made.tables.map((table) => [linkKey(table), table]));
  // A table that was dropped meanwhile is refused when the plan is compared with the source.
  const cutOf = (table: PlannedTable): PlannedTable => ({ ...cutTables.get(linkKey(table)) ?? table, changes: table.changes });
  return { ...survey, tables: tables.map((table) => (table.changes!.from ? table : cutOf(table))) };
}

function fromLink({ mark, runId, unchangedTo, seen }: MarkedLink): Pick<PlannedChanges, 'from' | 'previousRun' | 'unchangedTo' | 'seen'> {
  return { from: { ...mark }, previousRun: runId, ...(unchangedTo !== undefined && { unchangedTo }), ...(seen && { seen }) };
}

function latest({ mark, unchangedTo = mark!.order }: ChainLink, seen: string): string {
  return seen > unchangedTo ? seen : unchangedTo;
}

/** Why a table is not the one of its link, before its changes are looked at. */
function differenceOf(
  table: PlannedTable, { mark, shape, unchangedTo }: MarkedLink, { facts, options, version }: PlanSyncOptions,
): LegacyToS3Error | undefined {
  const { way } = table.changes!;
  if (mark.way !== way) return gap(table, mark, `they are learnt by ${way} now`);
  if (shape !== shapeOf(table, options.format.types)) return gap(table, mark, 'it has other columns than the run before landed, or they land otherwise');
  if (way !== ChangeWay.CHANGE_TRACKING) return undefined;
  const { beginVersion = 'none' } = facts.tracked.get(table.identity!.objectId) ?? {};
  const lineage = trackingLineage(table.identity!, beginVersion);
  if (lineage !== mark.lineage) {
    return gap(table, mark, `it is of ${mark.lineage}, and the source is ${lineage} now: another table, database or recording of changes, or it was truncated`);
  }
  return version !== undefined && versionOrder(version) < (unchangedTo ?? mark.order) ? gap(table, mark, `the version of the database is ${version} and went back`) : undefined;
}

/** Tables with Change Tracking are looked at many by one statement, others one by one. */
async function probe(
  { connection, options }: PlanSyncOptions, followed: ReadonlyArray<{ readonly table: PlannedTable; readonly link: MarkedLink }>,
) {
  const tracked = followed.filter(({ table }) => table.changes!.way === ChangeWay.CHANGE_TRACKING);
  const told = await probeTracked(connection, tracked.map(({ table: { schema, table, identity }, link: { mark, unchangedTo } }) => (
    { schema, table, objectId: identity!.objectId, from: mark, since: unchangedTo ?? mark.order })));
  const byTable = new Map(tracked.map(({ table }, at) => [table, told[at]]));
  const probes: Probe[] = [];
  for (const { table, link } of followed) probes.push(byTable.get(table) ?? await probeTable(connection, changesOfTable(options, table), link));
  return probes;
}

function changesOfTable({ maxDop, format }: RunOptions, table: PlannedTable): NonNullable<ReadJob['changes']> {
  return planJobs({ tables: [table] }, maxDop, { ...format.types, partial: true }, 1)[0].changes!;
}

function isCounted({ estimatedRows }: PlannedTable, link: ChainLink | undefined, { options: { countEvery }, now }: PlanSyncOptions): boolean {
  const isPast = (instant: string | undefined, ms: number) => instant === undefined || now - Date.parse(instant) >= ms;
  // What is seen may turn out not to tell, again and again: a large table is not counted for that more often than this.
  const isDue = isPast(link?.countedAt, DAY_MS) && isPast(link?.seenAt, HOUR_MS);
  switch (countEvery) {
    case CountEvery.NEVER: return false;
    case CountEvery.RUN: return true;
    case CountEvery.DAY: return isDue;
    default: return estimatedRows < SMALL_TABLE || isDue;
  }
}
