import { invalid } from './validate-value';

/** One part of a pattern: quoted, and so literal, or bare, with wildcards. */
const PART = /\[((?:[^\]]|\]\])+)\]|"((?:[^"]|"")+)"|([^.[\]"]+)/y;

/**
 * Parses up to `most` names with dots between them, `*` and `?` as wildcards, and quotes: `[...]`
 * (with `]]` for `]`) and `"..."` (with `""` for `"`) are literal. Case does not matter.
 *
 * @returns a test for each name, or nothing when the text is not such a pattern
 */
export function parseNamePattern(text: string, most: number): RegExp[] | undefined {
  const trimmed = text.trim();
  const parts: RegExp[] = [];
  for (let at = 0; ;) {
    PART.lastIndex = at;
    const match = PART.exec(trimmed);
    if (!match) return undefined;
    const literal = match[1]?.replace(/]]/g, ']') ?? match[2]?.replace(/""/g, '"');
    parts.push(literal === undefined ? wildcards(match[3].trim()) : new RegExp(`^${escape(literal)}$`, 'isu'));
    at = PART.lastIndex;
    if (at === trimmed.length) break;
    if (trimmed[at] !== '.') return undefined;
    at++;
  }
  return parts.length > most ? undefined : parts;
}

function wildcards(bare: string): RegExp {
  return new RegExp(`^${escape(bare).replace(/\\\*/g, '.*').replace(/\\\?/g, '.')}$`, 'isu');
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
export function columnMatcher(pattern: string): (named: NamedColumn) => boolean {
  const parts = parseNamePattern(pattern, 3);
  if (!parts) {
    throw invalid(`columnTypes names '${pattern}', which is not a column pattern: expected 'column', `
      + '\'table.column\' or \'schema.table.column\', with * and ?, names with dots or brackets quoted as [a.b]');
  }
  const [column, table = /^/, schema = /^/] = [...parts].reverse();
  return (named) => column.test(named.column) && table.test(named.table) && schema.test(named.schema);
}
