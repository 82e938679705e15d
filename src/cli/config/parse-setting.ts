import { parseSize } from './parse-size';
import { TABLE_SETTINGS, TYPE_SETTINGS, type Setting } from './settings';
import { nearestNames } from '../../extractor/api/unknown-names';
import { splitPatterns } from '../../extractor/source/catalog/table-patterns';

/** What a value may be, for messages. */
export function expected({ type, values = [], key }: Setting): string {
  switch (type) {
    case 'text': return 'a text';
    case 'whole': return key === 'deadlockPriority' ? 'a whole number from -10 to 10' : 'a whole number';
    case 'size': return 'a size such as 256MiB, 1GiB or a number of bytes';
    case 'boolean': return 'true or false';
    case 'choice': return `one of ${values.join(', ')}`;
    case 'choices': return `some of ${values.join(', ')}`;
    case 'patterns': return 'table patterns such as dbo.*';
    case 'wholes': return 'whole numbers such as 1205, 50001';
    case 'columnTypes': return 'column patterns, each with type options';
    case 'tableOptions': return `a list of table patterns with options: ${Object.keys(TABLE_SETTINGS).join(', ')}`;
  }
}

/** The value of an option of the command line; undefined when it is not what the setting takes. */
export function parseText(setting: Setting, text: string): unknown {
  switch (setting.type) {
    case 'whole': return /^\d+$/.test(text) ? Number(text) : undefined;
    case 'size': return parseSize(text);
    case 'boolean': return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'patterns': return parseValue(setting, splitPatterns(text));
    case 'choices': return parseValue(setting, list(text));
    case 'wholes': return parseValue(setting, list(text).map(Number));
    default: return parseValue(setting, text);
  }
}

/** The value of a key of the config file; undefined when it is not what the setting takes. */
export function parseValue(setting: Setting, value: unknown): unknown {
  const { type, values = [], key } = setting;
  switch (type) {
    case 'text': return typeof value === 'string' && value !== '' ? value : undefined;
    case 'whole': return Number.isSafeInteger(value) && ((value as number) >= 0 || key === 'deadlockPriority') ? value : undefined;
    case 'size': return typeof value === 'number' || typeof value === 'string' ? parseSize(String(value)) : undefined;
    case 'boolean': return typeof value === 'boolean' ? value : undefined;
    case 'choice': return values.includes(value as string) ? value : undefined;
    case 'choices': return listOf(value, (each) => values.includes(each as string));
    case 'patterns': return listOf(value, (each) => typeof each === 'string' && each !== '');
    case 'wholes': return listOf(value, (each) => Number.isSafeInteger(each) && (each as number) >= 0);
    case 'columnTypes': return isColumnTypes(value) ? value : undefined;
    case 'tableOptions': return parseTables(value);
  }
}

function list(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

/** One value may stand for a list of one. */
function listOf(value: unknown, fits: (each: unknown) => boolean): unknown[] | undefined {
  const found = Array.isArray(value) ? value as unknown[] : [value];
  return found.length > 0 && found.every(fits) ? found : undefined;
}

/** Entries of `tableOptions`, sizes as numbers; undefined when one is wrong. */
function parseTables(value: unknown): unknown[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || tableProblems(value).length > 0) return undefined;
  const parsed = (entry: Record<string, unknown>) => Object.entries(entry).map(([name, option]) => [name, parseTableOption(name, option)]);
  return (value as Array<Record<string, unknown>>).map((entry) => Object.fromEntries(parsed(entry)) as unknown);
}

/** What is wrong inside a value. */
export interface InnerProblem {
  /** Keys and indexes from the value on. */
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

/** What is wrong with single keys of a value that is a list or a map of such; nothing where the value is neither. */
export function innerProblems({ type, key }: Setting, value: unknown): InnerProblem[] {
  if (type === 'tableOptions' && Array.isArray(value)) return tableProblems(value);
  if (type !== 'columnTypes' || !isMap(value)) return [];
  return Object.entries(value).filter(([, options]) => isMap(options)).flatMap(([pattern, options]) => {
    const place = `${key}['${pattern}']`;
    return Object.entries(options as Record<string, unknown>).flatMap(([name, choice]): InnerProblem[] => {
      const allowed = TYPE_SETTINGS[name]?.values;
      if (!allowed) return [{ path: [pattern, name], message: unknownName(`${place}.`, name, Object.keys(TYPE_SETTINGS)) }];
      return allowed.includes(choice as string) ? []
        : [{ path: [pattern, name], message: `${place}.${name} must be one of ${allowed.join(', ')}, got ${JSON.stringify(choice)}` }];
    });
  });
}

function tableProblems(value: readonly unknown[]): InnerProblem[] {
  return value.flatMap((each, at): InnerProblem[] => {
    const place = `tableOptions[${at}]`;
    if (!isMap(each)) return [{ path: [at], message: `${place} must be a map of ${Object.keys(TABLE_SETTINGS).join(', ')}, got ${JSON.stringify(each)}` }];
    const wrong = Object.entries(each).flatMap(([name, option]): InnerProblem[] => {
      if (!Object.hasOwn(TABLE_SETTINGS, name)) return [{ path: [at, name], message: unknownName(`${place}.`, name, Object.keys(TABLE_SETTINGS)) }];
      return parseTableOption(name, option) === undefined
        ? [{ path: [at, name], message: `${place}.${name} must be ${TABLE_OPTION_TEXTS[TABLE_SETTINGS[name]]}, got ${JSON.stringify(option)}` }] : [];
    });
    // A misspelt `table` is told as such.
    if (wrong.length > 0 || each.table !== undefined) return wrong;
    return [{ path: [at], message: `${place} has no table: it must say of which tables it is, by a pattern such as dbo.*` }];
  });
}

const TABLE_OPTION_TEXTS: { readonly [type in typeof TABLE_SETTINGS[string]]: string } = {
  text: 'a text', names: 'a list of names', size: 'a size such as 256MiB, 1GiB or a number of bytes', whole: 'a whole number of at least 1',
};

/** Names an unknown key with its path, and the nearest allowed one or all of them. */
export function unknownName(prefix: string, name: string, allowed: readonly string[]): string {
  const [close] = nearestNames(name, allowed, 1);
  return `unknown key ${prefix}${name}; ${close === undefined ? `allowed here are ${allowed.join(', ')}` : `did you mean ${prefix}${close}?`}`;
}

function parseTableOption(name: string, value: unknown): unknown {
  switch (TABLE_SETTINGS[name]) {
    case 'text': return typeof value === 'string' && value.trim() !== '' ? value : undefined;
    case 'names': return listOf(value, (each) => typeof each === 'string' && each !== '');
    case 'size': return typeof value === 'number' || typeof value === 'string' ? parseSize(String(value)) : undefined;
    case 'whole': return Number.isSafeInteger(value) && (value as number) > 0 ? value : undefined;
    default: return undefined;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isColumnTypes(value: unknown): boolean {
  return isMap(value) && Object.values(value).every((options) => isMap(options)
    && Object.entries(options).every(([name, choice]) => TYPE_SETTINGS[name]?.values.includes(choice as string)));
}
