import { refuseHashesOfOld } from './chunks/reconcile-chunk';
import { landedPrimaryKey, planJobs, queryJob } from './chunks/table-job';
import type { ReadJob } from './context/read-job';
import type { RunOptions } from './context/run-options';
import { planOver } from './plan-run';
import type { TableIdentity } from './tables/landed-table';
import { LegacyToS3Error } from '../api/errors';
import { SourceRisk, type ExtractionPlan } from '../api/extraction-plan';
import { SourceHashes, type Consistency } from '../api/extractor-props';
import { refuseDisorder } from '../plan/check-bounds';
import { refuseChangedSchema } from '../plan/schema-drift';
import { findRisks, refuseRisks } from '../plan/source-risks';
import { partUnreadable, readingConditions } from '../plan/unreadable-tables';
import { readSecurity, readServer, readTables } from '../source/catalog/read-catalog';
import { readRelations } from '../source/catalog/read-relations';
import type { NamedTable } from '../source/catalog/table-patterns';
import { SqlServerConnection } from '../source/connection/sql-server-connection';
import { chooseConsistency, snapshotAdvice, type RunConsistency } from '../source/consistency/consistency';

/** What is to be read, and how. */
export interface Selection {
  readonly jobs: readonly ReadJob[];
  readonly tables: readonly TableIdentity[];
  readonly consistency: RunConsistency;
  readonly productVersion?: string;
  /** Absent for a query. */
  readonly plan?: ExtractionPlan;
  readonly warnings: readonly string[];
}

export async function select(options: RunOptions, connection: SqlServerConnection): Promise<Selection> {
  if (options.query) {
    const job = queryJob(options.query);
    const { schema, table, chunk } = job;
    return { jobs: [job], tables: [{ schema, table, primaryKey: [], chunkKey: [], chunks: [chunk] }], consistency: 'query', warnings: [] };
  }
  const plan = options.plan ? await givenPlan(options.plan, connection, options.consistency) : await planOver(connection, options);
  const accepted = refuseRisks(plan.refusals, options.accepted);
  if (plan.tables.length === 0) throw new LegacyToS3Error('NO_TABLE_MATCHED', `no table is left to read: ${accepted.join('; ')}`);
  const consistency = chooseConsistency(options.consistency, plan.snapshotAllowed, plan.database);
  const jobs = planJobs(plan, options.maxDop, options.format.types);
  if (options.sourceHashes !== SourceHashes.NONE) refuseHashesOfOld(options.sourceHashes, await readServer(connection));
  await refuseDisorder(connection, plan.tables);
  const relationsOf = await readRelations(connection);
  const tables = plan.tables.map((table): TableIdentity => ({ ...table, primaryKey: landedPrimaryKey(table), relations: relationsOf(table) }));
  return {
    jobs,
    tables,
    consistency,
    productVersion: plan.productVersion,
    plan,
    warnings: [...plan.warnings.filter((warning) => !options.consistency || warning !== snapshotAdvice(plan.database)), ...accepted],
  };
}

/** Brings a plan up to date that was made before. @throws LegacyToS3Error when it does not fit the source */
async function givenPlan(plan: ExtractionPlan, connection: SqlServerConnection, consistency: Consistency | undefined): Promise<ExtractionPlan> {
  if (plan.database !== connection.database) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the plan is of database '${plan.database}', but the source is '${connection.database}'`);
  }
  const server = await readServer(connection);
  const key = ({ schema, table }: NamedTable) => JSON.stringify([schema, table]);
  const planned = new Map(plan.tables.map((table) => [key(table), table]));
  const all = await readTables(connection, server, plan.tables.some(({ view }) => view));
  const current = all.filter((table) => planned.has(key(table))).map((table) => {
    const { excludedColumns = [] } = planned.get(key(table))!;
    return { ...table, columns: table.columns.filter(({ name }) => !excludedColumns.includes(name)) };
  });
  const security = await readSecurity(connection, server, current.some(({ kind }) => kind.viewOf) ? all : current);
  const { readable, refusals } = findRisks(current, security, all);
  refuseChangedSchema(plan, readable);
  const unreadable = partUnreadable(readable, await readingConditions(connection, current, consistency, server.snapshotAllowed), all).refusals;
  if (unreadable.length > 0) {
    throw new LegacyToS3Error('SCHEMA_CHANGED', `the source cannot be read as it was planned: ${unreadable.map(({ message }) => message).join('; ')}; plan and run anew`);
  }
  // Tables that the plan had to leave out are missing from it, whatever it is compared with.
  const left = plan.refusals.filter(({ risk }) => risk === SourceRisk.UNREADABLE_TABLES);
  return { ...plan, productVersion: server.productVersion, snapshotAllowed: server.snapshotAllowed, refusals: [...refusals, ...left] };
}
