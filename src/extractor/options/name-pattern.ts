import { invalid } from './validate-value';

/** One part of a pattern: quoted, and so literal, or bare, with wildcards. */
const PART = /\[((?:[^\]]|\]\])+)\]|"((?:[^"]|"")+)"|([^.[\]"]+)/y;

/** A part of a pattern. */
export interface NamePart {
  /** The name, where it has no wildcard. */
  readonly literal?: string;
  test(name: string): boolean;
}

/**
 * Parses up to `most` names with dots between them, `*` and `?` as wildcards, and quotes: `[...]`
 * (with `]]` for `]`) and `"..."` (with `""` for `"`) are literal. Case does not matter.
 *
 * @returns a test for each name, or nothing when the text is not such a pattern
 */
export function parseNamePattern(text: string, most: number): NamePart[] | undefined {
  const trimmed = text.trim();
  const parts: NamePart[] = [];
  for (let at = 0; ;) {
    PART.lastIndex = at;
    const match = PART.exec(trimmed);
    if (!match) return undefined;
    const literal = match[1]?.replace(/]]/g, ']') ?? match[2]?.replace(/""/g, '"');
    parts.push(literal === undefined ? bare(match[3].trim()) : exactly(literal));
    at = PART.lastIndex;
    if (at === trimmed.length) break;
    if (trimmed[at] !== '.') return undefined;
    at++;
  }
  return parts.length > most ? undefined : parts;
}

function bare(text: string): NamePart {
  if (!/[*?]/.test(text)) return exactly(text);
  const pattern = new RegExp(`^${escape(text).replace(/\\\*/g, '.*').replace(/\\\?/g, '.')}$`, 'isu');
  return { test: (name) => pattern.test(name) };
}

function exactly(literal: string): NamePart {
  const pattern = new RegExp(`^${escape(literal)}$`, 'isu');
  return { test: (name) => pattern.test(name), literal };
}

/**
 * Those that a pattern means. Case does not matter, unless names differ by nothing else, as a case-sensitive database allows:
 * of such twins it means those that are spelled as it is.
 *
 * @param parts of the pattern; they are of the last names
 * @param subject for messages: `tables names 'dbo.orders'`
 * @throws LegacyToS3Error of code INVALID_CONFIG when it is spelled as none of some twins
 */
export function meantBy<T>(parts: readonly NamePart[], items: readonly T[], namesOf: (item: T) => readonly string[], subject: string): T[] {
  const own = (item: T) => namesOf(item).slice(-parts.length);
  const matched = items.filter((item) => own(item).every((name, at) => parts[at].test(name)));
  if (matched.length < 2 || parts.every(({ literal }) => literal === undefined)) return matched;
  const twins = new Map<string, T[]>();
  for (const item of matched) {
    const key = JSON.stringify(namesOf(item).map((name) => name.toLowerCase()));
    twins.set(key, [...twins.get(key) ?? [], item]);
  }
  const meant = new Set([...twins.values()].flatMap((group) => spelledAs(parts, group, own, subject)));
  return matched.filter((item) => meant.has(item));
}

function spelledAs<T>(parts: readonly NamePart[], group: readonly T[], own: (item: T) => readonly string[], subject: string): readonly T[] {
  const told = [...parts.keys()].filter((at) => parts[at].literal !== undefined && new Set(group.map((item) => own(item)[at])).size > 1);
  if (told.length === 0) return group;
  const exact = group.filter((item) => told.every((at) => own(item)[at] === parts[at].literal));
  if (exact.length > 0) return exact;
  throw invalid(`${subject}, which may be ${group.map((item) => `'${own(item).join('.')}'`).join(' or ')}: they differ only by case, so that the name `
    + 'must be spelled as one of them is');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** A column by its names. */
export interface NamedColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** @throws LegacyToS3Error of code INVALID_CONFIG when it is no column pattern */
export function parseColumnPattern(pattern: string): NamePart[] {
  const parts = parseNamePattern(pattern, 3);
  if (!parts) {
    throw invalid(`columnTypes names '${pattern}', which is not a column pattern: expected 'column', `
      + '\'table.column\' or \'schema.table.column\', with * and ?, names with dots or brackets quoted as [a.b]');
  }
  return parts;
}

/** Whether a column matches, whatever its case. @throws LegacyToS3Error of code INVALID_CONFIG when it is no column pattern */
export function columnMatcher(pattern: string): (named: NamedColumn) => boolean {
  const [column, table, schema] = parseColumnPattern(pattern).reverse();
  return (named) => column.test(named.column) && (table?.test(named.table) ?? true) && (schema?.test(named.schema) ?? true);
}
