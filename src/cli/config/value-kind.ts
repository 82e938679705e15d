import { parseSize } from './byte-size';
import { splitPatterns } from '../../extractor/source/catalog/table-patterns';

export type JsonSchema = { readonly [key: string]: unknown };

/** A kind of value: how messages name it, how it is read, and what the config file's JSON Schema says of it. */
export interface ValueKind {
  /** What a value may be, for messages. */
  readonly expected: string;
  readonly schema: JsonSchema;
  /** What help says that there is to choose from. */
  readonly choices?: readonly string[];
  /** Whether the option may be given more than once, its lists joined. */
  readonly joins?: boolean;
  /** The value of a key of the config file; undefined when it is not of this kind. */
  parse(value: unknown): unknown;
  /** The same of an option of the command line. */
  parseText(text: string): unknown;
  /** What is wrong with single keys of a value that is a list or a map of such; nothing where the value is neither. */
  problemsIn?(key: string, value: unknown): InnerProblem[];
}

/** What is wrong inside a value. */
export interface InnerProblem {
  /** Keys and indexes from the value on. */
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

/** A kind whose values are read from a text as from a file, unless it says otherwise. */
export function kind(of: Omit<ValueKind, 'parseText'> & Partial<Pick<ValueKind, 'parseText'>>): ValueKind {
  return { parseText: (text) => of.parse(text), ...of };
}

/** One value may stand for a list of one. */
function listOf(value: unknown, fits: (each: unknown) => boolean): unknown[] | undefined {
  const found = Array.isArray(value) ? value as unknown[] : [value];
  return found.length > 0 && found.every(fits) ? found : undefined;
}

function oneOrMore(items: JsonSchema): JsonSchema {
  return { anyOf: [items, { type: 'array', items, minItems: 1 }] };
}

function splitList(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

export const TEXT = kind({
  expected: 'a text',
  schema: { type: 'string', minLength: 1 },
  parse: (value) => (isText(value) ? value : undefined),
});

/** A whole number from 0. */
export const WHOLE = kind({
  expected: 'a whole number',
  schema: { type: 'integer', minimum: 0 },
  parse: (value) => (isWhole(value) ? value : undefined),
  parseText: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
});

/** A whole number that may be negative; what is out of its range is for the extractor to refuse. */
export function wholeBetween(minimum: number, maximum: number): ValueKind {
  return kind({
    expected: `a whole number from ${minimum} to ${maximum}`,
    schema: { type: 'integer', minimum, maximum },
    parse: (value) => (Number.isSafeInteger(value) ? value : undefined),
  });
}

/** A number of bytes: `268435456`, `256MiB`. */
export const SIZE = kind({
  expected: 'a size such as 256MiB, 1GiB or a number of bytes',
  schema: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*([kKmMgGtT][iI]?)?[bB]?$' }] },
  parse: (value) => (typeof value === 'number' || typeof value === 'string' ? parseSize(String(value)) : undefined),
});

export const BOOLEAN = kind({
  expected: 'true or false',
  schema: { type: 'boolean' },
  parse: (value) => (typeof value === 'boolean' ? value : undefined),
  parseText: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
});

/** One of some texts. */
export function oneOf(choices: readonly string[]): ValueKind {
  return kind({
    expected: `one of ${choices.join(', ')}`,
    schema: { enum: choices },
    choices,
    parse: (value) => (choices.includes(value as string) ? value : undefined),
  });
}

/** Some of some texts. */
export function someOf(choices: readonly string[]): ValueKind {
  const parse = (value: unknown) => listOf(value, (each) => choices.includes(each as string));
  return kind({ expected: `some of ${choices.join(', ')}`, schema: oneOrMore({ enum: choices }), choices, parse, parseText: (text) => parse(splitList(text)) });
}

/** Names, in the config file alone. */
export const NAMES = kind({
  expected: 'a list of names',
  schema: oneOrMore(TEXT.schema),
  parse: (value) => listOf(value, isText),
});

export const PATTERNS = kind({
  ...NAMES,
  expected: 'table patterns such as dbo.*',
  parseText: (text) => NAMES.parse(splitPatterns(text)),
  joins: true,
});

export const WHOLES = kind({
  expected: 'whole numbers such as 1205, 50001',
  schema: oneOrMore({ type: 'integer', minimum: 0 }),
  parse: (value) => listOf(value, isWhole),
  parseText: (text) => listOf(splitList(text).map(Number), isWhole),
});
