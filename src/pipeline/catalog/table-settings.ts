import { Duration, Size, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { ForeignRows, IcebergTablesOptions, LandedDeletes, LandedTables, LandedTablesKind } from './landed-tables';
import { TableCompaction } from './table-compaction';
import { LandedTablesSettings } from '../../contract';
import { invalidInput, requireDuration, requireWhole } from '../checks/validation';

/** Whether runs become snapshots. */
export function commitsSnapshots(tables: LandedTables | undefined): boolean {
  return tables?.kind === LandedTablesKind.ICEBERG;
}

/** Refuses what the options cannot be, for the construct that was given them. */
export function checkLandedTables(scope: IConstruct, tables: LandedTables | undefined): void {
  if (!tables) return;
  if (typeof tables !== 'object') throw invalidInput(scope, `landedTables must be an object, such as LandedTables.iceberg(), got ${JSON.stringify(tables)}`);
  const { foreignRows, deletes, keepRuns, keepFor, proveByQuery, bytesScannedCutoff, compaction } = tables.icebergOptions;
  requireOneOf(scope, 'foreignRows', foreignRows, Object.values(ForeignRows));
  requireOneOf(scope, 'deletes', deletes, Object.values(LandedDeletes));
  requireWhole(scope, 'keepRuns', keepRuns, { min: 1 });
  requireDuration(scope, 'keepFor', keepFor, { min: Duration.days(1), max: Duration.days(36500), whole: 'days' });
  if (bytesScannedCutoff && !proveByQuery) throw invalidInput(scope, 'bytesScannedCutoff needs proveByQuery: true: it is of those queries alone');
  requireScannable(scope, 'bytesScannedCutoff', bytesScannedCutoff);
  checkCompaction(scope, compaction);
}

/** When tables are compacted; undefined where they are not, or there are none of Iceberg's. */
export function compactionOf(tables: LandedTables | undefined): TableCompaction | undefined {
  if (!commitsSnapshots(tables)) return undefined;
  const { compaction = TableCompaction.whenDeleteFiles(50) } = tables!.icebergOptions;
  return compaction.isWanted ? compaction : undefined;
}

/** Refuses what a compaction cannot be. */
export function checkCompaction(scope: IConstruct, compaction: TableCompaction | undefined): void {
  if (!compaction) return;
  if (typeof compaction !== 'object') throw invalidInput(scope, `compaction must be an object, such as TableCompaction.whenDeleteFiles(50), got ${JSON.stringify(compaction)}`);
  if (!compaction.isWanted) return;
  const { deleteFiles, interval, options: { memorySize, reservedConcurrentExecutions } } = compaction;
  requireWhole(scope, 'the number of delete files of compaction', deleteFiles, { min: 1 });
  const name = deleteFiles === undefined ? 'the interval of compaction' : 'atMostEvery of compaction';
  requireDuration(scope, name, interval, { min: Duration.minutes(1), max: Duration.days(365), whole: 'minutes' });
  requireWhole(scope, 'memorySize of compaction', memorySize, { min: 512, max: 10240, unit: 'MB' });
  requireWhole(scope, 'reservedConcurrentExecutions of compaction', reservedConcurrentExecutions, { min: 1 });
}

function requireOneOf(scope: IConstruct, name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || Token.isUnresolved(value) || known.includes(value)) return;
  throw invalidInput(scope, `${name} must be one of ${known.join(', ')}, got '${String(value)}'`);
}

/** Refuses a limit that Athena would (Athena, "WorkGroupConfiguration", BytesScannedCutoffPerQuery). */
export function requireScannable(scope: IConstruct, name: string, limit: Size | undefined): void {
  if (!limit || limit.isUnresolved() || limit.toBytes() >= 10_000_000) return;
  throw invalidInput(scope, `${name} must be at least 10 MB, got ${limit.toBytes()} bytes`);
}

/** What run completion is told of the tables. */
export function settingsOf({ kind, icebergOptions }: LandedTables, proveInWorkGroup?: string): LandedTablesSettings {
  if (kind !== LandedTablesKind.ICEBERG) return { kind };
  const { foreignRows = ForeignRows.REFUSE, deletes, softDeletes, keepRuns, keepFor, proveByQuery } = icebergOptions;
  return {
    kind,
    foreignRows,
    ...deletes !== undefined && deletes !== LandedDeletes.EQUALITY && { deletes },
    ...softDeletes && { softDeletes },
    keepRuns,
    keepForDays: keepFor?.toDays(),
    ...proveByQuery && { proveInWorkGroup, proveBytesLimit: proofLimit(icebergOptions).toBytes() },
  };
}

/** How much a query that proves a table may scan. */
export function proofLimit({ bytesScannedCutoff }: IcebergTablesOptions): Size {
  return bytesScannedCutoff ?? Size.gibibytes(100);
}
