import { createHash } from 'node:crypto';
import { sumAlterations } from './alterations';
import { refuseOtherTotal } from './table-total';
import { tableVerification } from './verification';
import { CONTENT_HASH_VERSION, type ManifestChunk, type ManifestColumn, type ManifestObject, type ManifestTable } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedChunk, PlannedColumn, PlannedTable } from '../../api/extraction-plan';
import { sumOf } from '../../rows/columns/off-kernel';
import { formatOfColumns, type OutputFormat } from '../../rows/columns/output-format';
import { mergeTallies } from '../../rows/hash/column-tally';
import { sumHashTexts } from '../../rows/hash/content-hash';
import { freePartitionPrefix } from '../../source/catalog/column-names';
import { quoteTable } from '../../source/catalog/identifiers';
import type { TableRelations } from '../../source/catalog/read-relations';
import { MEMORY_OPTIMIZED_GUARANTEE } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';

/** A landed table. */
export interface LandedTable {
  readonly table: ManifestTable;
  /** Reading time of its chunks, added up. */
  readonly seconds: number;
}

/** What is known of a table apart from its chunks. */
export interface TableIdentity extends Pick<
  PlannedTable,
  'schema' | 'table' | 'partitionPrefix' | 'chunkKey' | 'excludedColumns' | 'unreadColumns' | 'memoryOptimized' | 'view' | 'rowFilter' | 'hiddenRows'
> {
  /** Of the source, in the order of the result; absent for a query. */
  readonly columns?: readonly PlannedColumn[];
  readonly relations?: TableRelations;
  readonly primaryKey: readonly string[];
  readonly chunks: readonly PlannedChunk[];
}

/** Puts the tables of a run together from the chunks, in the order of the plan. @throws as {@link landedTable} */
export function landedTables(
  database: string, tables: readonly TableIdentity[], chunks: readonly LandedChunk[], format?: OutputFormat,
): LandedTable[] {
  const groups: LandedChunk[][] = tables.map(() => []);
  for (const chunk of chunks) groups[chunk.tableIndex].push(chunk);
  return tables.map((table, index) => landedTable(database, table, groups[index], format));
}

/**
 * Puts a table together from its chunks.
 *
 * @throws LegacyToS3Error of code SCHEMA_CHANGED when chunks came with different columns, COUNT_MISMATCH when they are not the table
 */
export function landedTable(
  database: string, identity: TableIdentity, landed: readonly LandedChunk[], format?: OutputFormat,
): LandedTable {
  const { schema, table, primaryKey, chunkKey, excludedColumns, unreadColumns, memoryOptimized, view, rowFilter, relations } = identity;
  const chunks = [...landed].sort((a, b) => a.chunk - b.chunk);
  const [{ columns }] = chunks;
  // Of a query the columns were not known before.
  const partitionPrefix = identity.columns ? identity.partitionPrefix : freePartitionPrefix(columns.map(({ name }) => name));
  const nullText = ownNullText(format, columns);
  const fingerprint = schemaFingerprint(columns);
  const other = chunks.find((chunk) => schemaFingerprint(chunk.columns) !== fingerprint);
  if (other) {
    throw new LegacyToS3Error('SCHEMA_CHANGED', `${quoteTable(schema, table)}: chunks ${chunks[0].chunk} and ${other.chunk} came with different columns; `
      + 'the table was changed during the run; plan and run anew');
  }
  refuseOtherTotal(quoteTable(schema, table), chunks);
  const objects = chunks.flatMap(comparableObjects);
  const rowsOffKernel = sumOf(chunks.flatMap((chunk) => chunk.rowsOffKernel ?? []));
  const alterations = sumAlterations(chunks.flatMap((chunk) => chunk.alterations ?? []));
  const tallies = chunks.flatMap((chunk) => (chunk.tallies ? [chunk.tallies] : []));
  return {
    table: {
      database,
      schema,
      table,
      ...(partitionPrefix !== undefined && { partitionPrefix }),
      ...(nullText !== undefined && { nullText }),
      columns: columns.map((column) => describedColumn(column, identity)),
      ...(excludedColumns && { excludedColumns }),
      ...(unreadColumns && { unreadColumns }),
      ...(view && { view }),
      ...(memoryOptimized && { guarantee: MEMORY_OPTIMIZED_GUARANTEE }),
      ...(rowFilter !== undefined && { rowFilter }),
      ...(primaryKey.length > 0 && { primaryKey }),
      ...(relations && relations.indexes.length > 0 && { indexes: relations.indexes }),
      ...(relations && relations.foreignKeys.length > 0 && { foreignKeys: relations.foreignKeys }),
      ...(chunkKey.length > 0 && { chunkKey }),
      chunks: chunks.map((landedChunk) => {
        const { chunk, rows, instant, attempts, seconds, sourceSeconds, tallies: tallied } = landedChunk;
        const { lower, upper, nullKey } = identity.chunks[chunk];
        const bounds = { ...(lower && { lower }), ...(upper && { upper }), ...(nullKey && { nullKey }) };
        const keys = { ...bounds, ...keyRange(identity, tallied) };
        const asked = sourceSeconds !== undefined && { sourceSeconds };
        return { chunk, rows, ...chunkHash(comparableObjects(landedChunk)), ...keys, ...(instant && { instant }), attempts, seconds, ...asked };
      }),
      schemaFingerprint: fingerprint,
      rows: chunks.reduce((sum, { rows }) => sum + rows, 0),
      sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      verification: tableVerification(columns, chunks, identity),
      ...(tallies.length === chunks.length && { tallies: mergeTallies(columns.filter(({ framing }) => framing !== undefined), tallies) }),
      ...(alterations.length > 0 && { alterations }),
      ...(Object.keys(rowsOffKernel).length > 0 && { rowsOffKernel }),
      objects,
    },
    seconds: chunks.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** What NULL is written as where it is not as in other tables. */
function ownNullText(format: OutputFormat | undefined, columns: readonly ManifestColumn[]): string | undefined {
  if (format?.name !== 'csv') return undefined;
  const own = formatOfColumns(format, columns).nullText;
  return own === format.nullText ? undefined : own;
}

/** What the catalog knows better than the result: a companion column has no NULL of its own. */
function describedColumn(column: ManifestColumn, { columns }: TableIdentity): ManifestColumn {
  const source = column.framing === undefined ? undefined : columns?.[column.ordinal - 1];
  return source ? { ...column, nullable: source.nullable, ...(source.collation !== undefined && { collation: source.collation }) } : column;
}

/** Of the first key column, where it has an order that we know. */
function keyRange(
  { columns = [], chunkKey, primaryKey }: TableIdentity, tallies: LandedChunk['tallies'],
): Pick<ManifestChunk, 'leastKey' | 'greatestKey'> {
  const [key] = [...chunkKey, ...primaryKey];
  const at = columns.findIndex(({ name }) => name === key);
  // A mask is no key.
  const { least, greatest } = columns[at]?.notCompared ? {} : tallies?.[at] ?? {};
  return { ...(least !== undefined && { leastKey: least }), ...(greatest !== undefined && { greatestKey: greatest }) };
}

/** A run that an older version began may have hashed its decimals otherwise: such a chunk is without a content hash. */
function comparableObjects({ contentHashVersion = 1, columns, objects }: LandedChunk): readonly ManifestObject[] {
  const hasDecimals = columns.some(({ sourceType }) => /^(decimal|numeric)\(/.test(sourceType));
  if (contentHashVersion === CONTENT_HASH_VERSION || !hasDecimals) return objects;
  return objects.map(({ contentHash: _, ...object }) => object);
}

/** Nothing where a run of an older version took no hashes. */
function chunkHash(objects: readonly ManifestObject[]): Pick<ManifestChunk, 'contentHash'> {
  const hashes = objects.flatMap(({ contentHash = [] }) => contentHash);
  return hashes.length < objects.length ? {} : { contentHash: sumHashTexts(hashes) };
}

/** Hash of the columns' names and types (32 hexadecimal digits). Nullability and collation leave files readable alike. */
export function schemaFingerprint(columns: readonly ManifestColumn[]): string {
  const shape = columns.map(({ name, sourceType, outputType, glueType }) => [name, sourceType, outputType, glueType]);
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 32);
}
