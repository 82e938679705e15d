import type { ChunkTarget } from './chunk-size';
import { shareOf } from './cut-partitions';
import { fitsKeyText, KEY_TEXT_LENGTH, keyType } from './key-types';
import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import type { PlannedChunk } from '../api/extraction-plan';
import { quoteName, quoteTable } from '../source/catalog/identifiers';
import type { SourceColumn, SourceTable } from '../source/catalog/read-catalog';

/**
 * The columns to cut a table by that `chunkBy` names.
 *
 * @param table with the columns that the login may read
 * @param names as the table spells them
 * @throws LegacyToS3Error of code INVALID_CONFIG when bounds cannot be of one of them
 */
export function namedKey(table: SourceTable, names: readonly string[]): SourceColumn[] {
  return names.map((name) => {
    const column = table.columns.find((each) => each.name === name);
    const problem = column ? columnProblem(column) : 'which the login may not read';
    if (column && problem === undefined) return column;
    throw new LegacyToS3Error('INVALID_CONFIG', `chunkBy of ${quoteTable(table.schema, table.table)} names the column '${name}', ${problem}; name others, or leave chunkBy out`);
  });
}

function columnProblem(column: SourceColumn): string | undefined {
  if (column.catalogName !== undefined) return 'a pseudo-column of a graph, which no bound can be given for';
  if (column.notCompared) return `which no bound can be given for, since the source does not tell or repeat its values (${column.notCompared})`;
  if (!keyType(column)) return `which is ${column.type}: no bound can be given for it, but for numbers, dates and times, uniqueidentifier, and char, varchar, binary and varbinary with a length`;
  return fitsKeyText(column) ? undefined : `which is ${column.type}: its values are longer than a bound may be (${KEY_TEXT_LENGTH} characters, of binary two a byte and two more)`;
}

/**
 * What is to be known of a table that was to be cut by columns that were named.
 *
 * @param indexes key columns of those of its indexes that a range can be sought in
 */
export function namedKeyWarnings(
  table: SourceTable, keys: readonly SourceColumn[], chunks: readonly PlannedChunk[], target: ChunkTarget, indexes: ReadonlyArray<readonly string[]>,
): string[] {
  const subject = quoteTable(table.schema, table.table);
  const list = keys.map(({ name }) => quoteName(name)).join(', ');
  const changing = keys.filter(({ type }) => type === 'timestamp').map(({ name }) => quoteName(name)).join(', ');
  return [
    ...chunks.length > 1 ? indexWarning(subject, keys, list, indexes) : [],
    ...unevenWarning(subject, list, chunks, target),
    ...(changing === '' ? [] : [`${subject}: every write to a row changes ${changing} (rowversion), which it is cut by: a row that is written while chunks of several `
      + 'instants are read is in two of them, or in none; read them at one instant (consistency databaseSnapshot, or one reader under snapshot)']),
  ];
}

function indexWarning(subject: string, keys: readonly SourceColumn[], list: string, indexes: ReadonlyArray<readonly string[]>): string[] {
  const led = Math.max(0, ...indexes.map((columns) => {
    const differs = keys.findIndex(({ name }, at) => columns[at] !== name);
    return differs < 0 ? keys.length : differs;
  }));
  if (led === keys.length) return [];
  const leading = keys.slice(0, led).map(({ name }) => quoteName(name)).join(', ');
  return [led === 0
    ? `${subject}: no index begins with ${list}, which it is cut by (chunkBy), so that the source looks at all rows for each chunk`
    : `${subject}: no index begins with ${list}, which it is cut by (chunkBy), but with ${leading} alone, so that the source looks at all rows of the values there for each chunk`];
}

/** Chunks that are so many times as large as asked for are told of. */
const MUCH_LARGER = 3;

/** Rows of one value are not parted, so that chunks of frequent ones are larger than asked for. */
function unevenWarning(subject: string, list: string, chunks: readonly PlannedChunk[], target: ChunkTarget): string[] {
  const large = chunks.filter(({ estimatedRows, estimatedBytes }) => shareOf({ rows: estimatedRows, bytes: estimatedBytes }, target) > MUCH_LARGER);
  if (large.length === 0) return [];
  const most = Math.max(...large.map(({ estimatedRows }) => estimatedRows));
  return [`${subject}: ${large.length} of its ${counted(chunks.length, 'chunk')} ${large.length === 1 ? 'is' : 'are'} more than ${MUCH_LARGER} times as large as asked for, up to about `
    + `${counted(most, 'row')}, since rows of one value of ${list} (and those of NULL in the first) are not parted; chunkBy may name further columns`];
}
