import { type Cell, type Engine, EngineError, type EngineName, sortedBy, type TableAddress, type TableVersion } from './engine';

/** What an engine made of a column. */
export interface Finding {
  readonly engine: EngineName;
  readonly column: string;
  readonly outcome: 'equal' | 'different' | 'refused';
  /** The engine's name of the column's type; absent when it refused. */
  readonly type?: string;
  /** The engine's words, or the first cell that differs: `<key>: <seen> for <expected>`. */
  readonly detail?: string;
}

/** Cells that a table must show, by column. Rows are in the order of the key's cells, which are unique. */
export interface ExpectedCells {
  readonly key: string;
  readonly columns: { readonly [name: string]: readonly Cell[] };
}

/**
 * Reads a table with an engine, cell by cell. What it refuses as a whole is read again column by column, so that one column it
 * cannot hold hides no other.
 */
export async function compareCells(
  engine: Engine, table: TableAddress, expected: ExpectedCells, version?: TableVersion,
): Promise<readonly Finding[]> {
  const names = Object.keys(expected.columns).filter((name) => name !== expected.key);
  const all = await findingsOf(engine, table, expected, names, version);
  if (names.length === 1 || all.some(({ outcome }) => outcome !== 'refused')) return all;
  const each: Finding[] = [];
  for (const name of names) each.push(...await findingsOf(engine, table, expected, [name], version));
  return each;
}

async function findingsOf(
  engine: Engine, table: TableAddress, expected: ExpectedCells, names: readonly string[], version?: TableVersion,
): Promise<readonly Finding[]> {
  try {
    const read = await engine.rows(table, { columns: [expected.key, ...names], version });
    const rows = sortedBy(read, expected.key);
    const keys = expected.columns[expected.key];
    return names.map((column, index) => {
      const [seen, wanted] = [rows.map((row) => row[index + 1]), expected.columns[column]];
      const type = read.types[index + 1];
      if (rows.length !== keys.length) return { engine: engine.name, column, outcome: 'different', type, detail: `${rows.length} rows for ${keys.length}` };
      const wrong = rows.findIndex(([key], row) => key !== keys[row] || seen[row] !== wanted[row]);
      if (wrong < 0) return { engine: engine.name, column, outcome: 'equal', type };
      return { engine: engine.name, column, outcome: 'different', type, detail: `${rows[wrong][0]}: ${shown(seen[wrong])} for ${shown(wanted[wrong])}` };
    });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const [detail] = error.message.split('\n');
    return names.map((column) => ({ engine: engine.name, column, outcome: 'refused', detail }));
  }
}

function shown(cell: Cell): string {
  const text = JSON.stringify(cell);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A Markdown table of columns by engines: the engine's type where every cell was equal, else what was seen. */
export function markdownOf(findings: readonly Finding[]): string {
  const engines = [...new Set(findings.map(({ engine }) => engine))];
  const columns = [...new Set(findings.map(({ column }) => column))];
  const text = ({ outcome, type, detail }: Finding) => (outcome === 'equal' ? `\`${type}\`` : `**${outcome}**: ${detail}`).replaceAll('|', '\\|');
  const rows = columns.map((column) => [column, ...engines.map((engine) => {
    const found = findings.find((each) => each.engine === engine && each.column === column);
    return found ? text(found) : '';
  })]);
  return [['', ...engines], ['---', ...engines.map(() => '---')], ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
