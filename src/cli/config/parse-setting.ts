import { TABLE_SETTINGS, TYPE_SETTINGS, type Setting } from './settings';
import { splitPatterns } from '../../extractor/source/table-patterns';
import { parseSize } from '../parse-size';

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
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const entries = value.map((each) => {
    if (!isMap(each) || each.table === undefined) return undefined;
    const parsed = Object.entries(each).map(([name, option]) => [name, parseTableOption(name, option)]);
    return parsed.every(([, option]) => option !== undefined) ? Object.fromEntries(parsed) as unknown : undefined;
  });
  return entries.every((each) => each !== undefined) ? entries : undefined;
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
