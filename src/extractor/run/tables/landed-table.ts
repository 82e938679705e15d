import { createHash } from 'node:crypto';
import { sumAlterations } from './alterations';
import { ChunkSums } from './chunk-sums';
import { columnsAsNow } from './earlier-columns';
import { FirstSeen } from './first-seen';
import { TableMarks } from './table-marks';
import { refuseOtherTotal } from './table-total';
import { tableVerification } from './verification';
import { CONTENT_HASH_VERSION, type ManifestAlterations, type ManifestChunk, type ManifestColumn, type ManifestObject, type ManifestTable } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedChunk, PlannedColumn, PlannedTable } from '../../api/extraction-plan';
import { formatOfColumns, type OutputFormat } from '../../rows/columns/output-format';
import { sumHashTexts } from '../../rows/hash/content-hash';
import { TallySums } from '../../rows/hash/tally-sums';
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

/** What the manifest has of one chunk. */
export interface ChunkEntry {
  readonly entry: ManifestChunk;
  readonly objects: readonly ManifestObject[];
}

/** What is known of a table apart from its chunks. */
export interface KnownTable extends Pick<
  PlannedTable,
  'schema' | 'table' | 'partitionPrefix' | 'chunkKey' | 'excludedColumns' | 'unreadColumns' | 'memoryOptimized' | 'view' | 'identity' | 'rowFilter' | 'hiddenRows'
  | 'changes'
> {
  /** Of the source, in the order of the result; absent for a query. */
  readonly columns?: readonly PlannedColumn[];
  readonly relations?: TableRelations;
  readonly primaryKey: readonly string[];
  readonly chunks: readonly PlannedChunk[];
}

/** Puts the tables of a run together from the chunks, in the order of the plan. @throws as {@link TableAssembly.finish} */
export function landedTables(
  database: string, tables: readonly KnownTable[], chunks: readonly LandedChunk[], format?: OutputFormat,
): LandedTable[] {
  const assemblies = tables.map((table) => new TableAssembly(database, table, format));
  for (const chunk of chunks) assemblies[chunk.tableIndex].add(chunk);
  return assemblies.map((assembly) => assembly.finish());
}

/** Puts a table together from its chunks. @throws as {@link TableAssembly.finish} */
export function landedTable(
  database: string, identity: KnownTable, chunks: readonly LandedChunk[], format?: OutputFormat,
): LandedTable {
  const assembly = new TableAssembly(database, identity, format);
  for (const chunk of chunks) assembly.add(chunk);
  return assembly.finish();
}

/**
 * Puts a table together from its chunks, which come in any order. Of a chunk nothing is kept but what the manifest keeps: its objects,
 * bounds and numbers; columns and tallies are of the table.
 */
export class TableAssembly {
  /** None once there are more than are kept. */
  private chunks: ChunkEntry[] = [];
  /** Of each chunk: fractions of seconds are added up in the order of the chunks, lest the sum depend on how they came. */
  private readonly seconds: Array<readonly [chunk: number, seconds: number, sourceSeconds: number]> = [];
  private readonly landed = { objects: 0, sizeBytes: 0 };
  private readonly sums = new ChunkSums();
  private readonly marks = new TableMarks();
  private readonly rowsOffKernel = new FirstSeen<string, number>();
  private readonly alterations = new FirstSeen<string, ManifestAlterations>();
  /** The least number of a chunk by the fingerprint of its columns. */
  private readonly shapes = new Map<string, number>();
  /** Undefined where a chunk has none. */
  private tallies?: TallySums;
  private talliedChunks = 0;
  /** The first chunk by number. */
  private first?: Pick<LandedChunk, 'chunk' | 'columns'>;
  /** Chunks share their columns mostly. */
  private last?: { readonly columns: readonly ManifestColumn[]; readonly now: readonly ManifestColumn[]; readonly fingerprint: string };

  /** @param mostKept chunks whose entries are kept; of a table of more none is, and whoever writes them asks {@link entryOf} again */
  public constructor(
    private readonly database: string, private readonly identity: KnownTable, private readonly format?: OutputFormat,
    private readonly mostKept = Infinity,
  ) {}

  public add(landed: LandedChunk): void {
    const { chunk, columns, seconds, sourceSeconds = 0, tallies, rowsOffKernel = {}, alterations = [], objects } = landed;
    this.seconds.push([chunk, seconds, sourceSeconds]);
    if (this.seconds.length <= this.mostKept) this.chunks.push(this.entryOf(landed));
    else this.chunks = [];
    this.landed.objects += objects.length;
    this.landed.sizeBytes += objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.sums.add(landed);
    this.marks.add(landed);
    Object.entries(rowsOffKernel).forEach(([reason, count], at) => this.rowsOffKernel.add(reason, count, chunk, at, (a, b) => a + b));
    alterations.forEach((each, at) => this.alterations.add(each.column, each, chunk, at, (a, b) => sumAlterations([a, b])[0]));
    this.look(columns, chunk);
    // Of other columns the tallies are others, and the table is none.
    if (tallies && this.shapes.size === 1) {
      this.tallies ??= new TallySums(columns.filter(({ framing }) => framing !== undefined));
      this.tallies.add(tallies, chunk);
      this.talliedChunks += 1;
    }
  }

  /** What the manifest has of a chunk. */
  public entryOf(landed: LandedChunk): ChunkEntry {
    const { chunk, rows, instant, mark, attempts, seconds, sourceSeconds, tallies } = landed;
    const { lower, upper, nullKey } = this.identity.chunks[chunk];
    const objects = comparableObjects(landed);
    const bounds = { ...(lower && { lower }), ...(upper && { upper }), ...(nullKey && { nullKey }) };
    const keys = { ...bounds, ...keyRange(this.identity, tallies) };
    const asked = sourceSeconds !== undefined && { sourceSeconds };
    const when = { ...(instant && { instant }), ...(mark && { mark }) };
    return { entry: { chunk, rows, ...chunkHash(objects), ...keys, ...when, attempts, seconds, ...asked }, objects };
  }

  /** Whether the table has the entries of its chunks; else they are to be told again. */
  public get isWhole(): boolean {
    return this.seconds.length <= this.mostKept;
  }

  /** Objects of all chunks. */
  public get objects(): number {
    return this.landed.objects;
  }

  /**
   * The table of all chunks that were added.
   *
   * @throws LegacyToS3Error of code SCHEMA_CHANGED when chunks came with different columns, COUNT_MISMATCH when they are not the table
   */
  public finish(): LandedTable {
    const { identity, database, format, sums } = this;
    const { schema, table, primaryKey, chunkKey, excludedColumns, unreadColumns, memoryOptimized, view, rowFilter, relations } = identity;
    const { columns } = this.first!;
    this.refuseOtherColumns();
    refuseOtherTotal(quoteTable(schema, table), sums);
    const chunks = this.chunks.sort((a, b) => a.entry.chunk - b.entry.chunk);
    const entries = chunks.map(({ entry }) => entry);
    const objects = chunks.flatMap((each) => each.objects);
    // Of a query the columns were not known before.
    const partitionPrefix = identity.columns ? identity.partitionPrefix : freePartitionPrefix(columns.map(({ name }) => name));
    const nullText = ownNullText(format, columns);
    const rowsOffKernel = this.rowsOffKernel.all;
    const alterations = sumAlterations(this.alterations.all.map(([, each]) => each));
    const times = this.seconds.sort(([a], [b]) => a - b);
    const sourceSeconds = times.reduce((sum, [,, own]) => sum + own, 0);
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
        ...(identity.identity && { identity: identity.identity }),
        ...this.marks.of(identity),
        ...(memoryOptimized && { guarantee: MEMORY_OPTIMIZED_GUARANTEE }),
        ...(rowFilter !== undefined && { rowFilter }),
        ...(primaryKey.length > 0 && { primaryKey }),
        ...(relations && relations.indexes.length > 0 && { indexes: relations.indexes }),
        ...(relations && relations.foreignKeys.length > 0 && { foreignKeys: relations.foreignKeys }),
        ...(chunkKey.length > 0 && { chunkKey }),
        chunks: entries,
        schemaFingerprint: schemaFingerprint(columns),
        rows: sums.rows,
        sizeBytes: this.landed.sizeBytes,
        verification: tableVerification(columns, sums, sourceSeconds, identity),
        ...(this.talliedChunks === times.length && { tallies: this.tallies!.totals }),
        ...(alterations.length > 0 && { alterations }),
        ...(rowsOffKernel.length > 0 && { rowsOffKernel: Object.fromEntries(rowsOffKernel) }),
        objects,
      },
      seconds: times.reduce((sum, [, seconds]) => sum + seconds, 0),
    };
  }

  private look(columns: readonly ManifestColumn[], chunk: number): void {
    if (this.last?.columns !== columns) {
      const now = columnsAsNow(columns);
      this.last = { columns, now, fingerprint: schemaFingerprint(now) };
    }
    const { now, fingerprint } = this.last;
    this.shapes.set(fingerprint, Math.min(chunk, this.shapes.get(fingerprint) ?? chunk));
    if (!this.first || chunk < this.first.chunk) this.first = { chunk, columns: now };
  }

  private refuseOtherColumns(): void {
    const [first, other] = [...this.shapes.values()].sort((a, b) => a - b);
    if (other === undefined) return;
    const { schema, table } = this.identity;
    throw new LegacyToS3Error('SCHEMA_CHANGED', `${quoteTable(schema, table)}: chunks ${first} and ${other} came with different columns; `
      + 'the table was changed during the run; plan and run anew');
  }
}

/** What NULL is written as where it is not as in other tables. */
function ownNullText(format: OutputFormat | undefined, columns: readonly ManifestColumn[]): string | undefined {
  if (format?.name !== 'csv') return undefined;
  const own = formatOfColumns(format, columns).nullText;
  return own === format.nullText ? undefined : own;
}

/** What the catalog knows better than the result: a companion column has no NULL of its own. */
function describedColumn(column: ManifestColumn, { columns }: KnownTable): ManifestColumn {
  const source = column.framing === undefined ? undefined : columns?.[column.ordinal - 1];
  return source ? { ...column, nullable: source.nullable, ...(source.collation !== undefined && { collation: source.collation }) } : column;
}

/** Of the first key column, where it has an order that we know. */
function keyRange(
  { columns = [], chunkKey, primaryKey }: KnownTable, tallies: LandedChunk['tallies'],
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
