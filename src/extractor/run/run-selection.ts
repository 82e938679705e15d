import { refuseHashesOfOld } from './chunks/reconcile-chunk';
import { landedPrimaryKey, planJobs, queryJob } from './chunks/table-job';
import type { ReadJob } from './context/read-job';
import type { RunOptions } from './context/run-options';
import { Findings } from './findings';
import { planOver } from './plan-run';
import type { TableIdentity } from './tables/landed-table';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan } from '../api/extraction-plan';
import { refuseDisorder } from '../plan/check-bounds';
import { refuseChangedSchema } from '../plan/schema-drift';
import { findRisks, refuseRisks } from '../plan/source-risks';
import { readSecurity, readTables } from '../source/catalog/read-catalog';
import { readRelations } from '../source/catalog/read-relations';
import { readFeatures, type SourceFeatures } from '../source/catalog/source-features';
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
  const features = await readFeatures(connection);
  const plan = options.plan ? await givenPlan(options.plan, connection, features) : await planOver(connection, features, options);
  const findings = new Findings();
  const accepted = await findings.look(() => refuseRisks(plan.refusals, options.accepted));
  const consistency = await findings.look(() => chooseConsistency(options.consistency, features, plan.database));
  const jobs = await findings.look(() => planJobs(plan, options.maxDop, options.format.types));
  await findings.look(() => refuseHashesOfOld(options.sourceHashes, features));
  await findings.look(async () => refuseDisorder(connection, plan.tables));
  findings.refuse();
  const relationsOf = await readRelations(connection);
  const tables = plan.tables.map((table): TableIdentity => ({ ...table, primaryKey: landedPrimaryKey(table), relations: relationsOf(table) }));
  return {
    jobs: jobs!,
    tables,
    consistency: consistency!,
    productVersion: plan.productVersion,
    plan,
    warnings: [...plan.warnings.filter((warning) => !options.consistency || warning !== snapshotAdvice(plan.database)), ...accepted!],
  };
}

/** Brings a plan up to date that was made before. @throws LegacyToS3Error when it does not fit the source */
async function givenPlan(plan: ExtractionPlan, connection: SqlServerConnection, features: SourceFeatures): Promise<ExtractionPlan> {
  if (plan.database !== connection.database) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the plan is of database '${plan.database}', but the source is '${connection.database}'`);
  }
  const key = ({ schema, table }: NamedTable) => JSON.stringify([schema, table]);
  const planned = new Map(plan.tables.map((table) => [key(table), table]));
  const current = (await readTables(connection, features)).filter((table) => planned.has(key(table))).map((table) => {
    const { excludedColumns = [] } = planned.get(key(table))!;
    return { ...table, columns: table.columns.filter(({ name }) => !excludedColumns.includes(name)) };
  });
  const { readable, refusals } = findRisks(current, await readSecurity(connection, features, current));
  refuseChangedSchema(plan, readable);
  const found = new Map(readable.map((table) => [key(table), table]));
  // What may be compared depends on the login, and so is as of now.
  const tables = plan.tables.map(({ hiddenRows: _hidden, ...table }) => ({
    ...table,
    ...(found.get(key(table))!.hiddenRows && { hiddenRows: found.get(key(table))!.hiddenRows }),
    columns: table.columns.map(({ notCompared: _, ...column }) => {
      const notCompared = found.get(key(table))!.columns.find(({ name }) => name === column.name)?.notCompared;
      return { ...column, ...(notCompared && { notCompared }) };
    }),
  }));
  return { ...plan, tables, productVersion: features.productVersion, snapshotAllowed: features.snapshotAllowed, refusals };
}
