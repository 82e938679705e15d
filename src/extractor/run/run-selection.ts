import { refuseUnlandable } from './chunks/landing-names';
import { refuseHashesOfOld } from './chunks/reconcile-chunk';
import { landedPrimaryKey, planJobs, queryJob } from './chunks/table-job';
import type { ReadJob } from './context/read-job';
import type { RunOptions } from './context/run-options';
import { Findings } from './findings';
import { planOver } from './plan-run';
import { askFacts, planWithMarks, planWithWays } from './plan-ways';
import type { KnownTable } from './tables/landed-table';
import { CountEvery } from '../api/changes/changes-options';
import { LegacyToS3Error } from '../api/errors';
import { SourceRisk, type ExtractionPlan } from '../api/extraction-plan';
import { refuseDisorder } from '../plan/check-bounds';
import { refuseChangedSchema } from '../plan/schema-drift';
import { findRisks, refuseRisks } from '../plan/source-risks';
import { partUnreadable, readingConditions } from '../plan/unreadable-tables';
import { readSecurity, readTables } from '../source/catalog/read-catalog';
import { readRelations } from '../source/catalog/read-relations';
import { readFeatures, type SourceFeatures } from '../source/catalog/source-features';
import type { NamedTable } from '../source/catalog/table-patterns';
import { SqlServerConnection } from '../source/connection/sql-server-connection';
import { chooseConsistency, snapshotAdvice, type RunConsistency } from '../source/consistency/consistency';

/** What is to be read, and how. */
export interface Selection {
  readonly jobs: readonly ReadJob[];
  readonly tables: readonly KnownTable[];
  readonly consistency: RunConsistency;
  readonly productVersion?: string;
  /** Absent for a query. */
  readonly plan?: ExtractionPlan;
  readonly warnings: readonly string[];
}

/** @param most chunks of each table that get a job; who reads none itself needs one of each. @default - all */
export async function select(options: RunOptions, connection: SqlServerConnection, most?: number): Promise<Selection> {
  if (options.query) {
    const job = queryJob(options.query);
    const { schema, table, chunk } = job;
    return { jobs: [job], tables: [{ schema, table, primaryKey: [], chunkKey: [], chunks: [chunk] }], consistency: 'query', warnings: [] };
  }
  const features = await readFeatures(connection);
  const made = options.plan
    ? await givenPlan(options.plan, connection, features, options)
    : await planOver(connection, features, options);
  const plan = await waysOf(connection, features, made, options);
  const findings = new Findings();
  const accepted = await findings.look(() => refuseRisks(plan.refusals, options.accepted));
  if (accepted && plan.tables.length === 0) throw new LegacyToS3Error('NO_TABLE_MATCHED', `no table is left to read: ${accepted.join('; ')}`);
  const consistency = await findings.look(() => chooseConsistency(options.consistency, features, plan.database));
  await findings.look(() => refuseUnlandable(plan, options.target, options.format));
  const jobs = await findings.look(() => planJobs(plan, options.maxDop, options.format.types, most));
  await findings.look(() => refuseHashesOfOld(options.sourceHashes, features));
  await findings.look(async () => refuseDisorder(connection, plan.tables));
  findings.refuse();
  const relationsOf = await readRelations(connection);
  const tables = plan.tables.map((table): KnownTable => ({ ...table, primaryKey: landedPrimaryKey(table), relations: relationsOf(table) }));
  // A saved plan has the first; who chose a consistency needs no advice about it.
  const needless = [...options.sourceWarnings, ...(options.consistency ? [snapshotAdvice(plan.database)] : [])];
  return {
    jobs: jobs!,
    tables,
    consistency: consistency!,
    productVersion: plan.productVersion,
    plan,
    warnings: [...plan.warnings.filter((warning) => !needless.includes(warning)), ...accepted!],
  };
}

/** Of a run that was begun the ways are those it began with. */
async function waysOf(connection: SqlServerConnection, features: SourceFeatures, plan: ExtractionPlan, options: RunOptions): Promise<ExtractionPlan> {
  if (options.isBegun) return plan;
  if (!options.follows) return planWithMarks(connection, features, plan, options);
  const { tables, ...rest } = await planWithWays(connection, await askFacts(connection, features, options), plan, options);
  // Of a first load all are due.
  const count = options.countEvery !== CountEvery.NEVER;
  return { ...rest, tables: tables.map((table) => ({ ...table, changes: { ...table.changes!, count } })) };
}

/** Brings a plan up to date that was made before. @throws LegacyToS3Error when it does not fit the source */
async function givenPlan(
  plan: ExtractionPlan, connection: SqlServerConnection, features: SourceFeatures,
  { consistency: requested, isBegun = false }: Pick<RunOptions, 'consistency' | 'isBegun'>,
): Promise<ExtractionPlan> {
  if (plan.database !== connection.database) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the plan is of database '${plan.database}', but the source is '${connection.database}'`);
  }
  const key = ({ schema, table }: NamedTable) => JSON.stringify([schema, table]);
  const planned = new Map(plan.tables.map((table) => [key(table), table]));
  const all = await readTables(connection, features, plan.tables.some(({ view }) => view));
  const current = all.filter((table) => planned.has(key(table))).map((table) => {
    const { excludedColumns = [] } = planned.get(key(table))!;
    return { ...table, columns: table.columns.filter(({ name }) => !excludedColumns.includes(name)) };
  });
  const security = await readSecurity(connection, features, current.some(({ kind }) => kind.viewOf) ? all : current);
  const { readable, refusals } = findRisks(current, security, all);
  refuseChangedSchema(plan, readable, isBegun);
  const unreadable = partUnreadable(readable, await readingConditions(connection, current, requested, features.snapshotAllowed), all).refusals;
  if (unreadable.length > 0) {
    throw new LegacyToS3Error('SCHEMA_CHANGED', `the source cannot be read as it was planned: ${unreadable.map(({ message }) => message).join('; ')}; plan and run anew`);
  }
  // Tables that the plan had to leave out are missing from it, whatever it is compared with.
  const left = plan.refusals.filter(({ risk }) => risk === SourceRisk.UNREADABLE_TABLES);
  const found = new Map(readable.map((table) => [key(table), table]));
  // What may be compared depends on the login, and so is as of now.
  const tables = plan.tables.map(({ hiddenRows: _hidden, identity: before, ...table }) => {
    const { hiddenRows, identity, columns } = found.get(key(table))!;
    // Of a run that has chunks, what they were landed with holds for the others too.
    const own = isBegun ? before : identity;
    return {
      ...table,
      ...(hiddenRows && { hiddenRows }),
      ...(own && { identity: own }),
      columns: table.columns.map(({ notCompared: _, columnId: landed, ...column }) => {
        const { notCompared, columnId: now } = columns.find(({ name }) => name === column.name) ?? {};
        const columnId = isBegun ? landed : now;
        return { ...column, ...(columnId !== undefined && { columnId }), ...(notCompared && { notCompared }) };
      }),
    };
  });
  return { ...plan, tables, productVersion: features.productVersion, snapshotAllowed: features.snapshotAllowed, refusals: [...refusals, ...left] };
}
