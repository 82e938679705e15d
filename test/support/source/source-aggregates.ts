import { resultPackets, type Cell } from './result-packets';

/** Answers what the extractor asks of a chunk's rows, by the aliases that its statement gives; numbers are bigint, texts nvarchar. */
export function aggregatePackets(sql: string, rows: ReadonlyArray<readonly Cell[]>, counted = rows.length): Buffer {
  const aliases = [...sql.matchAll(/ AS ([vbslg])(\d+)(?=, | FROM )/g)].map(([, letter, ordinal]) => ({ letter, ordinal: Number(ordinal) }));
  const answers = aliases.map(({ letter, ordinal }) => answer(letter, rows.map((row) => row[ordinal - 1]).filter((cell) => cell !== null)));
  return resultPackets(['row_count', ...aliases.map(({ letter, ordinal }) => `${letter}${ordinal}`)], [[counted, ...answers]]);
}

function answer(letter: string, cells: readonly Cell[]): Cell {
  if (letter === 'v') return cells.length;
  if (cells.length === 0) return null;
  if (letter === 'b') return String(cells.reduce<number>((sum, cell) => sum + 2 * String(cell).length, 0));
  const numbers = cells.map((cell) => BigInt(cell!));
  if (letter === 's') return String(numbers.reduce((sum, number) => sum + number));
  return String(numbers.reduce((best, number) => ((letter === 'l' ? number < best : number > best) ? number : best)));
}
