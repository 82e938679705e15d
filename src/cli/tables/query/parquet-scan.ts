import type { AskedTable } from './tables-asked';
import { quotedName } from '../../../contract';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { readFooterOf } from '../../../iceberg/commit/table-run';
import { forEachAtOnce } from '../../../iceberg/files/at-once';
import { TableFiles } from '../../../iceberg/files/table-files';
import { setOf } from '../../../iceberg/rows/delete-keys';
import { liveManifests } from '../../../iceberg/rows/live-files';
import { fieldsOf, mappedIds, planScan, POSITION_DELETE_FIELDS, SequencedFile } from '../../../iceberg/rows/scan-plan';
import { Field } from '../../../iceberg/spec/schema';
import { decimalOf, IcebergType } from '../../../iceberg/spec/types';

/** A file with the bytes that its manifest says. */
interface SizedFile {
  readonly uri: string;
  readonly sizeBytes: number;
}

/** A data file, and the delete files that may touch it. */
export interface DataScan extends SizedFile {
  /** By these columns, of files that come later than the data file. */
  readonly equalityDeletes: ReadonlyArray<SizedFile & { readonly fields: readonly Field[] }>;
  readonly positionDeletes: readonly SizedFile[];
}

/** The live files of a table's state. */
export interface ScannedFiles {
  readonly asked: AskedTable;
  readonly rows: readonly DataScan[];
  /** All that are read: data files, and the delete files that may touch them. */
  readonly files: readonly SizedFile[];
}

/** The files of a state, by its manifests. @throws IcebergError TABLE_UNREADABLE when it has deletes that are not read here */
export async function scannedFiles(files: TableFiles, asked: AskedTable): Promise<ScannedFiles> {
  const { files: scanned } = planScan(asked.table.metadata, asked.snapshot, await liveManifests(files, asked.snapshot));
  const sized = ({ file }: SequencedFile): SizedFile => ({ uri: file.filePath, sizeBytes: file.fileSizeBytes });
  const rows = scanned.map((each): DataScan => ({
    ...sized(each),
    equalityDeletes: each.equalityDeletes.map((of) => ({ ...sized(of), fields: of.fields })),
    positionDeletes: each.positionDeletes.map(sized),
  }));
  const all = rows.flatMap((each) => [each, ...each.equalityDeletes, ...each.positionDeletes]);
  return { asked, rows, files: [...new Map(all.map(({ uri, sizeBytes }) => [uri, { uri, sizeBytes }])).values()] };
}

/** Data files that one SELECT reads. */
interface Group {
  readonly columns: ReadonlyMap<number, string>;
  readonly deletes: Pick<DataScan, 'equalityDeletes' | 'positionDeletes'>;
  readonly paths: string[];
}

/**
 * DuckDB's SELECT over the files with the columns of the table's schema: a file's column is found by its field id, or, where files have
 * none, by the table's name mapping (Iceberg spec, "Column Projection"); one that a file has not is NULL. Rows that deletes touch are
 * left out by joins, NULL equal to NULL.
 */
export async function scanSql(reading: TableFiles, { asked: { table: { metadata }, snapshot }, rows }: ScannedFiles): Promise<string> {
  const fields = fieldsOf(metadata, snapshot);
  const layouts = new Layouts(reading, mappedIds(metadata));
  const groups = new Map<string, Group>();
  await forEachAtOnce(rows, async ({ uri, sizeBytes, ...deletes }) => {
    const columns = await layouts.of({ uri, sizeBytes });
    const key = JSON.stringify([[...columns], deletes]);
    const group = groups.get(key) ?? { columns, deletes, paths: [] };
    groups.set(key, group);
    group.paths.push(pathOf(uri));
  });
  if (groups.size === 0) return `SELECT ${fields.map((field) => `${valueOf(field, new Map())} AS ${quotedName(field.name)}`).join(', ')} WHERE false`;
  return (await forEachAtOnce([...groups.values()], async (group) => groupSql(group, fields, layouts))).join(' UNION ALL ');
}

/** Names while rows are joined. A table with a column of one of these names is refused by DuckDB where it has position deletes. */
const PATH = '__path_of_file';
const POSITION = 'file_row_number';
const columnName = ({ id }: Field) => quotedName(`column ${id}`);

async function groupSql({ columns, deletes: { equalityDeletes, positionDeletes }, paths }: Group, fields: readonly Field[], layouts: Layouts): Promise<string> {
  const positioned = positionDeletes.length > 0;
  const needed = [...new Map([...equalityDeletes.flatMap((each) => each.fields), ...fields].map((field) => [field.id, field])).values()];
  const selected = needed.map((field) => `${valueOf(field, columns)} AS ${columnName(field)}`);
  const all = `SELECT ${[...selected, ...(positioned ? [PATH, POSITION] : [])].join(', ')} FROM ${parquetSql(paths, positioned)}`;
  const joins = await equalityJoins(equalityDeletes, layouts);
  if (positioned) joins.push(positionJoin(positionDeletes));
  const names = fields.map((field) => `${columnName(field)} AS ${quotedName(field.name)}`).join(', ');
  return `SELECT ${names} FROM (${all}) AS kept ${joins.join(' ')}`;
}

function parquetSql(paths: readonly string[], positioned = false): string {
  return `read_parquet([${paths.map(text).join(', ')}], hive_partitioning = false${positioned ? `, filename = ${text(PATH)}, file_row_number = true` : ''})`;
}

/** One join for all deletes by the same columns. */
async function equalityJoins(deletes: DataScan['equalityDeletes'], layouts: Layouts): Promise<string[]> {
  const bySet = new Map<string, { readonly fields: readonly Field[]; readonly keys: string[] }>();
  for (const { fields, ...file } of deletes) {
    const ids = setOf(fields);
    const set = bySet.get(ids) ?? { fields: [...fields].sort((a, b) => a.id - b.id), keys: [] };
    bySet.set(ids, set);
    const columns = await layouts.of(file);
    set.keys.push(`SELECT ${set.fields.map((field) => `${valueOf(field, columns)} AS ${columnName(field)}`).join(', ')} FROM ${parquetSql([pathOf(file.uri)])}`);
  }
  return [...bySet.values()].map(({ fields, keys }, at) => {
    const name = `deleted${at}`;
    return `ANTI JOIN (${keys.join(' UNION ALL ')}) AS ${name} ON ${fields.map((field) => (
      `kept.${columnName(field)} IS NOT DISTINCT FROM ${name}.${columnName(field)}`)).join(' AND ')}`;
  });
}

/** Paths are compared without the scheme, which writers spell in several ways. */
function positionJoin(deletes: readonly SizedFile[]): string {
  const { path, position } = POSITION_DELETE_FIELDS;
  const places = `SELECT regexp_replace(${path.name}, '^file:/+', '/') AS path, ${position.name} AS position FROM ${parquetSql(deletes.map(({ uri }) => pathOf(uri)))}`;
  return `ANTI JOIN (${places}) AS placed ON kept.${PATH} = placed.path AND kept.${POSITION} = placed.position`;
}

/** Which field each column of a file is. */
class Layouts {
  public constructor(private readonly files: TableFiles, private readonly mapped: ReadonlyMap<string, number>) {}

  /** Names in the file, by field id. */
  public async of({ uri, sizeBytes }: SizedFile): Promise<ReadonlyMap<number, string>> {
    const { columns } = await readFooterOf(this.files, uri, sizeBytes);
    return new Map(columns.flatMap(({ name, fieldId = this.mapped.get(name) }) => (fieldId === undefined ? [] : [[fieldId, name] as const])));
  }
}

function valueOf({ id, type }: Field, columns: ReadonlyMap<number, string>): string {
  const column = columns.get(id);
  return `CAST(${column === undefined ? 'NULL' : quotedName(column)} AS ${duckdbType(type)})`;
}

const DUCKDB: { readonly [type: IcebergType]: string } = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
};

function duckdbType(type: IcebergType): string {
  const decimal = decimalOf(type);
  if (decimal) return `DECIMAL(${decimal.precision}, ${decimal.scale})`;
  const known = DUCKDB[type];
  if (known === undefined) throw new LegacyToS3Error('QUERY_FAILED', `a column is ${type}, which others have added and is not read here`);
  return known;
}

/** A text of SQL. */
export function text(value: string): string {
  return `'${value.replaceAll('\'', '\'\'')}'`;
}

/** Path of a file's URI. */
export function pathOf(uri: string): string {
  return uri.replace(/^file:\/\//, '');
}
