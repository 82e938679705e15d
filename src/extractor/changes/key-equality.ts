import type { ManifestColumn } from '../../contract';
import type { PlannedColumn } from '../api/extraction-plan';
import { InvalidText, LoneSurrogates, TimestampType, type TypeOptions } from '../api/type-options';

/**
 * How values of a key that the source holds equal relate to what lands of them. Readers of tables compare bytes, SQL Server compares
 * by rules of its own, so that an equality delete of one spelling leaves the row of another.
 *
 *   bytes      equal values land as the same bytes
 *   spellings  equal values may land as different bytes: 'abc' and 'ABC', 'a' and 'a ', 0x01 and 0x0100
 *   none       what lands does not tell values apart, or they have no equality of use
 */
export interface KeyEquality {
  readonly kind: 'bytes' | 'spellings' | 'none';
  /** What stands in the way; absent of `bytes`. */
  readonly why?: string;
}

const BYTES: KeyEquality = { kind: 'bytes' };

/** The equality of a whole key: that of its least column. */
export function keyEquality(keys: ReadonlyArray<Pick<PlannedColumn, 'name' | 'type' | 'collation' | 'notCompared'>>,
  typeOptions: (column: string) => TypeOptions = () => ({})): KeyEquality {
  const all = keys.map((key) => columnEquality(key, typeOptions(key.name)));
  return all.find(({ kind }) => kind === 'none') ?? all.find(({ kind }) => kind === 'spellings') ?? BYTES;
}

function columnEquality({ name, type, collation, notCompared }: Pick<PlannedColumn, 'name' | 'type' | 'collation' | 'notCompared'>, options: TypeOptions): KeyEquality {
  const none = (why: string): KeyEquality => ({ kind: 'none', why: `key column '${name}' ${why}` });
  const spellings = (why: string): KeyEquality => ({ kind: 'spellings', why: `key column '${name}' ${why}` });
  if (notCompared !== undefined) return none(`lands ${notCompared}, not as it is`);
  switch (/^\w+/.exec(type)![0]) {
    case 'bit': case 'tinyint': case 'smallint': case 'int': case 'bigint': case 'decimal': case 'numeric': case 'money': case 'smallmoney':
    case 'date': case 'time': case 'smalldatetime': case 'datetime': case 'uniqueidentifier': case 'timestamp':
      return BYTES;
    case 'datetime2':
      return options.timestamps === TimestampType.TRUNCATED && type.endsWith('(7)') ? none('lands truncated') : BYTES;
    case 'datetimeoffset':
      // Equal is what is one instant, whatever its offset ("datetimeoffset (Transact-SQL)"), and the text holds the offset.
      if (options.timestamps === TimestampType.TEXT) return none('is of datetimeoffset, which lands as text: one instant has a text for each offset');
      return options.timestamps === TimestampType.TRUNCATED && type.endsWith('(7)') ? none('lands truncated') : BYTES;
    // A binary of a length is padded with zeros when it is stored.
    case 'binary': return BYTES;
    case 'varbinary': return type.endsWith('(max)') ? none(`is of ${type}`) : spellings('is of varbinary, of which SQL Server ignores zeros at the end');
    case 'char': case 'varchar': case 'nchar': case 'nvarchar': {
      if (type.endsWith('(max)')) return none(`is of ${type}`);
      if (isReplaced(options)) return none('may land with characters replaced (invalidText, loneSurrogates)');
      if (collation === undefined || !/_BIN2?(_|$)/i.test(collation)) {
        return spellings(`is text of collation ${collation ?? 'unknown'}, which holds spellings equal that differ`);
      }
      // Blanks at the end are ignored under every collation (LEN, "ANSI_PADDING"); char and nchar are padded with them when stored.
      return type.startsWith('char') || type.startsWith('nchar') ? BYTES : spellings('is text of no fixed length, of which SQL Server ignores blanks at the end');
    }
    case 'float': case 'real': return none(`is of ${type}, whose values are not compared`);
    default: return none(`is of ${type}`);
  }
}

function isReplaced({ invalidText, loneSurrogates }: TypeOptions): boolean {
  return invalidText === InvalidText.REPLACE || loneSurrogates === LoneSurrogates.REPLACE;
}

/** Longest binary whose hexadecimal text is sent to the source whole (bytes). */
const MOST_BINARY_BYTES = 1_999;

/** Whether landed values of a key column can be sent back to the source, to be compared there with keys that changed. */
export function isReadBack({ type, collation }: Pick<PlannedColumn, 'type' | 'collation'>): boolean {
  switch (/^\w+/.exec(type)![0]) {
    case 'bit': case 'tinyint': case 'smallint': case 'int': case 'bigint': case 'decimal': case 'numeric': case 'money': case 'smallmoney': case 'date': case 'uniqueidentifier':
      return true;
    case 'binary': case 'varbinary': return Number(/\d+/.exec(type)?.[0] ?? Infinity) <= MOST_BINARY_BYTES;
    case 'char': case 'varchar': case 'nchar': case 'nvarchar': return collation !== undefined && /^\w+$/.test(collation) && !type.endsWith('(max)');
    default: return false;
  }
}

/** Whether landed values of a key column can be sent back to the source, to be landed as a deleted key: of all whose equality is that of bytes but rowversions. */
export function isSentBack(column: Pick<PlannedColumn, 'type' | 'collation'>): boolean {
  return isReadBack(column) || /^(time|smalldatetime|datetime|datetime2|datetimeoffset)\b/.test(column.type);
}

/** Rows that landed since a table was read whole, at most, for deletes to be found by comparing keys. */
export const MOST_COMPARED_KEYS = 50_000_000;

/** Keys that are compared at a time, for which about 106 MB are held; of more, all keys are read once for each so many. */
export const MOST_HELD_KEYS = 5_000_000;

/**
 * The landed columns that an equality delete names for a key: the key's own and their companions, but for offsets, since two
 * datetimeoffsets of one instant are one key whatever their offsets.
 *
 * @param keys names of the key's columns as they land
 */
export function keyColumns(columns: ReadonlyArray<Pick<ManifestColumn, 'name' | 'ordinal' | 'framing'>>, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const own = columns.find(({ name }) => name === key);
    if (!own) return [key];
    const companions = columns.filter(({ name, ordinal }) => ordinal === own.ordinal && name !== key && !name.endsWith('__offset_minutes'));
    return [key, ...companions.map(({ name }) => name)];
  });
}
