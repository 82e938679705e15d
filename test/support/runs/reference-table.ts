import { CONTENT_HASH_VERSION, type ManifestChunk, type ManifestColumn, type ManifestObject, type ManifestTableVerification, type ManifestTally } from '../../../src/contract';
import { counted } from '../../../src/extractor/api/counted';
import { LegacyToS3Error } from '../../../src/extractor/api/errors';
import { HiddenRows, type PlannedColumn, type PlannedTable } from '../../../src/extractor/api/extraction-plan';
import { varyingPart } from '../../../src/extractor/options/filter-determinism';
import { sumOf } from '../../../src/extractor/rows/columns/off-kernel';
import { formatOfColumns, type OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { decimalText, tallyTypeOf, unscaledOf, type TallyType } from '../../../src/extractor/rows/hash/column-tally';
import { sumHashTexts } from '../../../src/extractor/rows/hash/content-hash';
import { unhashedColumns } from '../../../src/extractor/rows/hash/source-hash';
import { sumAlterations } from '../../../src/extractor/run/tables/alterations';
import { schemaFingerprint, type LandedTable, type KnownTable } from '../../../src/extractor/run/tables/landed-table';
import { comparedColumns, differenceText } from '../../../src/extractor/source/aggregates/aggregate-query';
import { freePartitionPrefix } from '../../../src/extractor/source/catalog/column-names';
import { quoteTable } from '../../../src/extractor/source/catalog/identifiers';
import { MEMORY_OPTIMIZED_GUARANTEE } from '../../../src/extractor/source/consistency/consistency';
import type { LandedChunk } from '../../../src/extractor/state/landed-chunk';

/**
 * Puts a table together from all its chunks at once, in their order: plainly, for comparison with what takes them one by one.
 *
 * @throws LegacyToS3Error of code SCHEMA_CHANGED when chunks came with different columns, COUNT_MISMATCH when they are not the table
 */
export function referenceTable(
  database: string, identity: KnownTable, landed: readonly LandedChunk[], format?: OutputFormat,
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
      ...(identity.identity && { identity: identity.identity }),
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
      ...(tallies.length === chunks.length && { tallies: referenceTallies(columns.filter(({ framing }) => framing !== undefined), tallies) }),
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

/** COUNT_BIG of the whole table; undefined where it was not asked, or the chunks are of several states of the database. */
function tableTotal(chunks: readonly LandedChunk[]): number | undefined {
  const [{ state }] = chunks;
  const told = chunks.find(({ tableRows }) => tableRows !== undefined)?.tableRows;
  return told !== undefined && state !== undefined && chunks.every((chunk) => chunk.state === state) ? Number(told) : undefined;
}

/** @throws LegacyToS3Error of code COUNT_MISMATCH when the chunks of a table leave rows out, or have some twice */
function refuseOtherTotal(subject: string, chunks: readonly LandedChunk[]): void {
  const total = tableTotal(chunks);
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  if (total === undefined || total === rows) return;
  throw new LegacyToS3Error('COUNT_MISMATCH', `${subject}: its ${counted(chunks.length, 'chunk')} have ${counted(rows, 'row')} together, but the source counts `
    + `${total} in the whole table under the same snapshot: the plan leaves rows out or has some twice; give the run up (abort), and plan anew`);
}

/** Differences that are told. */
const MOST_DIFFERENCES = 3;

/** What is known of a table beside its chunks. */
type Planned = Pick<PlannedTable, 'rowFilter' | 'hiddenRows'> & { readonly columns?: readonly PlannedColumn[] };

/** What the proof of a table rests on whose rows may be hidden from the login. */
const RESTS_ON: { readonly [reason in HiddenRows]: string } = {
  [HiddenRows.POLICY]: 'of the rows that the login sees: a security policy filters the table, which was accepted by name',
  [HiddenRows.UNKNOWN]: 'of the rows that the login sees: it may not know whether a security policy hides others (VIEW DEFINITION)',
};

/** How far a table is proven. Under a snapshot a difference has failed the run before. */
function tableVerification(
  landedColumns: readonly ManifestColumn[], chunks: readonly LandedChunk[], planned: Planned = {},
): ManifestTableVerification {
  const proof = comparison(landedColumns, chunks, planned);
  if (!planned.hiddenRows || proof.state === 'unverified') return proof;
  const detail = [RESTS_ON[planned.hiddenRows], ...proof.detail === undefined ? [] : [proof.detail]].join('; ');
  return { ...proof, state: proof.state === 'verified' ? 'verifiedAsVisible' : proof.state, detail };
}

function comparison(landedColumns: readonly ManifestColumn[], chunks: readonly LandedChunk[], planned: Planned): ManifestTableVerification {
  const varying = varyingPart(planned.rowFilter);
  if (varying !== undefined) {
    return { state: 'unverified', detail: `neither rows nor values were compared with the source, since the row filter has ${varying}, which gives other values each time` };
  }
  const reasonOf = ({ ordinal, framing }: ManifestColumn) => (framing === undefined ? undefined : planned.columns?.[ordinal - 1]?.notCompared);
  const notCompared = landedColumns.flatMap((column) => {
    const reason = reasonOf(column);
    return reason ? [{ column: column.name, reason }] : [];
  });
  const columns = landedColumns.filter((column) => !reasonOf(column));
  if (chunks.some(({ sourceRows }) => sourceRows === undefined)) return { state: 'unverified', detail: 'the source was not asked' };
  const tableRows = tableTotal(chunks);
  const asked = {
    sourceRows: chunks.reduce((sum, { sourceRows }) => sum + Number(sourceRows), 0),
    ...(tableRows !== undefined && { tableRows }),
    sourceSeconds: chunks.reduce((sum, { sourceSeconds = 0 }) => sum + sourceSeconds, 0),
  };
  const landed = chunks.reduce((sum, { rows }) => sum + rows, 0);
  const aggregated = chunks.every((chunk) => chunk.aggregated);
  const hashed = chunks.every(({ hashedRows }) => hashedRows !== undefined);
  const unhashed = unhashedColumns(landedColumns, notCompared.map(({ column }) => column));
  const open = notCompared.length > 0 && `not compared: ${notCompared.map(({ column, reason }) => `"${column}" (${reason})`).join(', ')}`;
  const aggregates = {
    ...(aggregated && { aggregates: comparedColumns(columns) }),
    ...(hashed && { hashedRows: chunks.reduce((sum, { hashedRows = 0 }) => sum + hashedRows, 0) }),
    ...(hashed && unhashed.length > 0 && { unhashedColumns: unhashed }),
    ...(notCompared.length > 0 && { notCompared }),
  };
  const changed = chunks.flatMap(({ chunk, differences = [] }) => differences.map((difference) => `chunk ${chunk}, ${differenceText(difference)}`));
  if (chunks.some(({ sourceRows, rows }) => Number(sourceRows) !== rows)) {
    const detail = `not comparable: the source changed between the read and COUNT_BIG: ${counted(landed, 'row')} landed, ${asked.sourceRows.toLocaleString('en-US')} counted`;
    return { state: 'unverified', detail, ...asked, ...aggregates };
  }
  if (changed.length > 0) {
    const more = changed.length > MOST_DIFFERENCES ? `; and ${changed.length - MOST_DIFFERENCES} more` : '';
    const detail = `not comparable: the source changed between the read and its aggregates: ${changed.slice(0, MOST_DIFFERENCES).join('; ')}${more}`;
    return { state: 'counted', detail, ...asked, ...aggregates };
  }
  if (!aggregated) return { state: 'counted', detail: 'the source was not asked for aggregates', ...asked, ...aggregates };
  return { state: 'verified', ...(open && { detail: open }), ...asked, ...aggregates };
}

/** Adds up what was tallied of several sets of rows. @param columns those of the source, in the order of the tallies */
export function referenceTallies(columns: readonly ManifestColumn[], tallies: ReadonlyArray<readonly ManifestTally[]>): ManifestTally[] {
  return columns.map(({ sourceType }, i) => {
    const type = tallyTypeOf(sourceType);
    return tallies.map((each) => each[i]).reduce((a, b) => merged(type, a, b));
  });
}

function merged(type: TallyType, a: ManifestTally, b: ManifestTally): ManifestTally {
  return {
    column: a.column,
    nulls: a.nulls + b.nulls,
    ...either(a.bytes, b.bytes, 'bytes', (x, y) => String(BigInt(x) + BigInt(y))),
    ...either(a.digest, b.digest, 'digest', (x, y) => BigInt.asUintN(64, BigInt(`0x${x}`) + BigInt(`0x${y}`)).toString(16).padStart(16, '0')),
    ...either(a.sum, b.sum, 'sum', (x, y) => decimalText(unscaledOf(x) + unscaledOf(y), type.scale)),
    ...either(a.least, b.least, 'least', (x, y) => (isLess(type, y, x) ? y : x)),
    ...either(a.greatest, b.greatest, 'greatest', (x, y) => (isLess(type, x, y) ? y : x)),
  };
}

function either<Key extends keyof ManifestTally>(
  a: string | undefined, b: string | undefined, key: Key, both: (a: string, b: string) => string,
): { readonly [key in Key]?: string } {
  const value = a === undefined ? b : b === undefined ? a : both(a, b);
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in Key]?: string };
}

/** Texts of times have the order of what they say. */
function isLess({ kind, hasSum }: TallyType, a: string, b: string): boolean {
  if (hasSum) return unscaledOf(a) < unscaledOf(b);
  return kind === 'float' || kind === 'real' ? Number(a) < Number(b) : a < b;
}
