import { isEqual } from './figures';
import type { SourceTable } from './source-figures';
import { type Cell, literal, quoted, type Rows } from '../../engines';

/** Answers Trino's SQL. */
export interface TrinoSession {
  query(sql: string): Promise<Rows>;
}

/** Which tables to ask. */
export interface Question {
  readonly database: string;
  /** Names in Glue by dataset. */
  readonly names: ReadonlyMap<string, string>;
  /** Tag of the snapshots to read. @default - the newest ones */
  readonly tag?: string;
}

/** How one table compares. */
export interface Comparison {
  readonly table: string;
  readonly rows: string;
  /** Figures compared, without the rows. */
  readonly figures: number;
  /** What differs, in words; none when all is equal. */
  readonly differences: readonly string[];
}

/** Asks Trino for the figures that the source was asked for, table by table, and compares them. */
export async function compareTables(
  trino: TrinoSession, source: readonly SourceTable[], { database, names, tag }: Question,
): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { dataset, name, rows, figures, answers } of source) {
    const table = names.get(dataset);
    if (table === undefined) {
      comparisons.push({ table: name, rows: '', figures: 0, differences: ['the catalog has no table of it'] });
      continue;
    }
    const of = `${quoted('glue', database, table)}${tag === undefined ? '' : ` FOR VERSION AS OF ${literal(tag)}`}`;
    const seen: Cell[] = [];
    let counted: Cell = null;
    for (let from = 0; from === 0 || from < figures.length; from += MAX_SELECTED) {
      const part = figures.slice(from, from + MAX_SELECTED);
      const { rows: [[count, ...cells]] } = await trino.query(`SELECT ${['count(*)', ...part.map((figure) => figure.trino)].join(', ')} FROM ${of}`);
      counted = count;
      seen.push(...cells);
    }
    const differences = figures.flatMap((figure, index) => (isEqual(figure, answers[index], seen[index]) ? [] : [
      `${figure.what} of ${figure.column} is ${seen[index]}, in the source ${answers[index]}`,
    ]));
    if (counted !== rows) differences.unshift(`${counted} rows, in the source ${rows}`);
    comparisons.push({ table: name, rows, figures: figures.length, differences });
  }
  return comparisons;
}

/** Figures asked by one statement: code that Trino makes of an expression has a greatest size. */
const MAX_SELECTED = 60;
