import { BOOLEAN, kind, NAMES, oneOf, SIZE, TEXT, WHOLE, type InnerProblem, type ValueKind } from './value-kind';
import { ChangedRows, Changes, FoundDeletes } from '../../extractor/api/changes/changes-options';
import { nearestNames } from '../../extractor/api/unknown-names';
import { TYPE_CHOICES } from '../../extractor/options/type-choices';
import { MOST_CHUNK_COLUMNS } from '../../extractor/options/validate-selection';

const NOT_BLANK = kind({ ...TEXT, parse: (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined) });
const FROM_ONE = kind({
  expected: 'a whole number of at least 1',
  schema: { type: 'integer', minimum: 1 },
  parse: (value) => (Number.isSafeInteger(value) && (value as number) > 0 ? value : undefined),
});

const CHUNK_COLUMNS = kind({
  expected: `1 to ${MOST_CHUNK_COLUMNS} column names, none of them twice`,
  schema: { anyOf: [TEXT.schema, { type: 'array', items: TEXT.schema, minItems: 1, maxItems: MOST_CHUNK_COLUMNS, uniqueItems: true }] },
  parse: (value) => {
    const names = NAMES.parse(value) as string[] | undefined;
    return names && names.length <= MOST_CHUNK_COLUMNS && new Set(names).size === names.length ? names : undefined;
  },
});

/** What an entry of `tableOptions` takes; all but `table` may be left out. */
export const TABLE_SETTINGS: { readonly [option: string]: ValueKind } = {
  table: NOT_BLANK,
  columns: NAMES,
  excludeColumns: NAMES,
  rowFilter: NOT_BLANK,
  targetChunkBytes: SIZE,
  targetChunkRows: FROM_ONE,
  chunkBy: CHUNK_COLUMNS,
  changes: oneOf(Object.values(Changes)),
  watermark: NOT_BLANK,
  watermarkOverlap: WHOLE,
  unseenNulls: BOOLEAN,
  changedRows: oneOf(Object.values(ChangedRows)),
  deletes: oneOf(Object.values(FoundDeletes)),
};

/** A type option, as `types` and `columnTypes` both take it. */
export interface TypeSetting {
  readonly takes: ValueKind;
  readonly description: string;
  readonly default: string;
}

function typeSetting(option: keyof typeof TYPE_CHOICES, description: string, standard: string): TypeSetting {
  return { takes: oneOf(Object.values(TYPE_CHOICES[option])), description, default: standard };
}

export const TYPE_SETTINGS: { readonly [option: string]: TypeSetting } = {
  time: typeSetting('time', 'time in Parquet', 'text'),
  uniqueidentifier: typeSetting('uniqueidentifier', 'uniqueidentifier in Parquet', 'text'),
  timestamps: typeSetting('timestamps', 'smalldatetime, datetime, datetime2 and datetimeoffset in Parquet', 'companion'),
  dates: typeSetting('dates', 'date in Parquet', 'native'),
  clr: typeSetting('clr', 'hierarchyid, geometry, geography and CLR types of the database', 'binary'),
  binary: typeSetting('binary', 'binary values in CSV and JSON Lines', 'hex in CSV, format.binary in JSON Lines'),
  invalidText: typeSetting('invalidText', 'text that is no Unicode: halves of surrogate pairs, bytes without a character', 'error'),
  loneSurrogates: typeSetting('loneSurrogates', 'halves of surrogate pairs alone', 'as invalidText'),
};

/** A list of tables, each with options. */
export const TABLE_OPTIONS: ValueKind = kind({
  expected: `a list of table patterns with options: ${Object.keys(TABLE_SETTINGS).join(', ')}`,
  schema: {
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(TABLE_SETTINGS).map(([name, { schema }]) => [name, schema])),
      required: ['table'],
      additionalProperties: false,
    },
  },
  parse: (value) => {
    if (!Array.isArray(value) || value.length === 0 || tableProblems(value).length > 0) return undefined;
    const parsed = (entry: Record<string, unknown>) => Object.entries(entry).map(([name, option]) => [name, TABLE_SETTINGS[name].parse(option)]);
    return (value as Array<Record<string, unknown>>).map((entry) => Object.fromEntries(parsed(entry)) as unknown);
  },
  problemsIn: (_, value) => (Array.isArray(value) ? tableProblems(value) : []),
});

/** Type options by column pattern. */
export const COLUMN_TYPES: ValueKind = kind({
  expected: 'column patterns, each with type options',
  schema: {
    type: 'object',
    additionalProperties: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(TYPE_SETTINGS).map(([name, { description, takes }]) => [name, { description, ...takes.schema }])),
      additionalProperties: false,
    },
  },
  parse: (value) => (isMap(value) && Object.values(value).every(isMap) && typeProblems('', value).length === 0 ? value : undefined),
  problemsIn: (key, value) => (isMap(value) ? typeProblems(key, value) : []),
});

/** Names an unknown key with its path, and the nearest allowed one or all of them. */
export function unknownName(prefix: string, name: string, allowed: readonly string[]): string {
  const [close] = nearestNames(name, allowed, 1);
  return `unknown key ${prefix}${name}; ${close === undefined ? `allowed here are ${allowed.join(', ')}` : `did you mean ${prefix}${close}?`}`;
}

function tableProblems(value: readonly unknown[]): InnerProblem[] {
  return value.flatMap((each, at): InnerProblem[] => {
    const place = `tableOptions[${at}]`;
    if (!isMap(each)) return [{ path: [at], message: `${place} must be a map of ${Object.keys(TABLE_SETTINGS).join(', ')}, got ${JSON.stringify(each)}` }];
    const wrong = problemsOf(TABLE_SETTINGS, `${place}.`, each).map(({ path, message }) => ({ path: [at, ...path], message }));
    // A misspelt `table` is told as such.
    if (wrong.length > 0 || each.table !== undefined) return wrong;
    return [{ path: [at], message: `${place} has no table: it must say of which tables it is, by a pattern such as dbo.*` }];
  });
}

function typeProblems(key: string, value: Record<string, unknown>): InnerProblem[] {
  const kinds = Object.fromEntries(Object.entries(TYPE_SETTINGS).map(([option, { takes }]) => [option, takes]));
  return Object.entries(value).flatMap(([pattern, options]) => (isMap(options)
    ? problemsOf(kinds, `${key}['${pattern}'].`, options).map(({ path, message }) => ({ path: [pattern, ...path], message })) : []));
}

/** What is wrong with the keys of a map. */
function problemsOf(kinds: { readonly [name: string]: ValueKind }, prefix: string, map: Record<string, unknown>): InnerProblem[] {
  return Object.entries(map).flatMap(([name, value]): InnerProblem[] => {
    if (!Object.hasOwn(kinds, name)) return [{ path: [name], message: unknownName(prefix, name, Object.keys(kinds)) }];
    return kinds[name].parse(value) === undefined
      ? [{ path: [name], message: `${prefix}${name} must be ${kinds[name].expected}, got ${JSON.stringify(value)}` }] : [];
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
