import { Duration, Size, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { ForeignRows, IcebergTablesOptions, LandedDeletes, LandedTables, LandedTablesKind } from './landed-tables';
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
  const { foreignRows, deletes, keepRuns, keepFor, proveByQuery, bytesScannedCutoff } = tables.icebergOptions;
  requireOneOf(scope, 'foreignRows', foreignRows, Object.values(ForeignRows));
  requireOneOf(scope, 'deletes', deletes, Object.values(LandedDeletes));
  requireWhole(scope, 'keepRuns', keepRuns, { min: 1 });
  requireDuration(scope, 'keepFor', keepFor, { min: Duration.days(1), max: Duration.days(36500), whole: 'days' });
  if (bytesScannedCutoff && !proveByQuery) throw invalidInput(scope, 'bytesScannedCutoff needs proveByQuery: true: it is of those queries alone');
  requireScannable(scope, 'bytesScannedCutoff', bytesScannedCutoff);
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
