import { LandingPlan } from './landing-plan';
import { landedColumns, plannedTypeOptions } from './table-job';
import { datasetFolder, MAX_KEY_BYTES } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan, PlannedTable } from '../../api/extraction-plan';
import type { LandingTarget } from '../../landing/target/landing-target';
import { formatOfColumns, type OutputFormat, refuseBlankLines } from '../../rows/columns/output-format';
import { companionsOf, type Companion } from '../../rows/columns/type-table';
import { quoteTable } from '../../source/catalog/identifiers';

/** Longest name of a file or folder (bytes) of ext4, XFS, APFS and NTFS; names in keys are ASCII. */
const MAX_FILE_NAME_BYTES = 255;

/** As long as every run id is. */
const ANY_RUN_ID = '00000000T000000000Z-000000';

/** What keeps a companion from landing. */
const REMEDIES: { readonly [companion in Companion]: string } = {
  '100ns': 'set the type option timestamps of that column to text (columnTypes)',
  'offset_minutes': 'set the type option timestamps of that column to text (columnTypes)',
  'base_type': 'land the table as CSV or JSON Lines',
};

/**
 * Refuses what could not land, before anything is read: columns whose name another one's companion would have, and names that
 * the target cannot hold.
 *
 * @param target URL; it is not reached
 * @throws LegacyToS3Error of code INVALID_CONFIG, which names them all, or the first five
 */
export function refuseUnlandable(plan: Pick<ExtractionPlan, 'database' | 'tables'>, target: string, format: OutputFormat): void {
  const optionsOf = plannedTypeOptions(plan.tables, format.types);
  const problems = plan.tables.flatMap((table) => [
    ...(format.name === 'parquet' ? companionClashes(table, (name) => optionsOf(table)?.get(name) ?? format.types?.all ?? {}) : []),
    ...longName(plan.database, table, target, format),
    ...blankLines(table, format),
  ]);
  if (problems.length === 0) return;
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : '';
  throw new LegacyToS3Error('INVALID_CONFIG', `cannot be landed: ${problems.slice(0, 5).join('; ')}${more}`);
}

function companionClashes(table: PlannedTable, optionsOf: (landed: string) => Parameters<typeof companionsOf>[1]): string[] {
  const landed = landedColumns(table);
  const own = new Map(landed.map((name) => [name.toLowerCase(), name]));
  return table.columns.flatMap(({ type }, at) => companionsOf(type, optionsOf(landed[at])).flatMap((companion) => {
    const other = own.get(`${landed[at]}__${companion}`.toLowerCase());
    return other === undefined ? [] : [`${quoteTable(table.schema, table.table)}: column '${other}' has the name of the column that Parquet has beside `
      + `'${landed[at]}' (${type}); ${REMEDIES[companion]}, or leave one of the two out (tableOptions)`];
  }));
}

function blankLines({ schema, table, columns }: PlannedTable, format: OutputFormat): string[] {
  try {
    refuseBlankLines(format, columns, quoteTable(schema, table));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Tables of one column, whose NULL is written otherwise than that of other tables, as warnings. */
export function nullTextWarnings(tables: readonly PlannedTable[], format: OutputFormat): string[] {
  return tables.flatMap(({ schema, table, columns }) => {
    const own = formatOfColumns(format, columns);
    return own === format || own.name !== 'csv' ? [] : [`${quoteTable(schema, table)} has one column, '${columns[0].name}', which may be NULL: `
      + `NULL lands as ${own.nullText}, since readers of CSV skip blank lines`];
  });
}

function longName(database: string, table: PlannedTable, target: string, format: OutputFormat): string[] {
  const subject = quoteTable(table.schema, table.table);
  const s3Prefix = /^s3:\/\/[^/]*\/(.*)$/.exec(target)?.[1] ?? '';
  try {
    // Its keys are measured when it is made.
    void new LandingPlan(s3Prefix, { ...table, database }, ANY_RUN_ID, format);
  } catch (error) {
    return [(error as Error).message];
  }
  return target.startsWith('file:') ? longFolder(subject, { ...table, database }) : [];
}

function longFolder(subject: string, dataset: Parameters<typeof datasetFolder>[1]): string[] {
  const name = datasetFolder('', dataset).split('/').find((each) => Buffer.byteLength(each) > MAX_FILE_NAME_BYTES);
  return name === undefined ? [] : [`${subject} would land in a folder whose name has ${Buffer.byteLength(name)} bytes ('${name.slice(0, 40)}…': every byte `
    + `that is no ASCII letter or digit takes three), and a file system holds ${MAX_FILE_NAME_BYTES}; land in S3, which takes keys of ${MAX_KEY_BYTES} bytes, `
    + 'or leave the table out'];
}

/**
 * Refuses tables that a file system which takes no notice of case would put into one folder, where the one would overwrite the
 * other.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export async function refuseFoldedFolders(plan: Pick<ExtractionPlan, 'database' | 'tables'>, target: LandingTarget): Promise<void> {
  const byFolder = new Map<string, string[]>();
  for (const table of plan.tables) {
    const folder = datasetFolder('', { ...table, database: plan.database }).toLowerCase();
    byFolder.set(folder, [...byFolder.get(folder) ?? [], quoteTable(table.schema, table.table)]);
  }
  const twins = [...byFolder.values()].find((names) => names.length > 1);
  if (!twins || !await target.foldsCase?.()) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `${twins.join(' and ')} would land in one folder, since the file system of ${target.url} takes no notice of case; `
    + 'land them by runs to different folders, or in S3');
}
