import type { TextRow } from './csv-rows';
import type { ManifestColumn } from '../../../contract';

/** Reads JSON Lines; numbers are taken as they are spelled, because as binary floats large ones would be others. */
export async function* jsonLinesRows(texts: AsyncIterable<string>, columns: readonly ManifestColumn[]): AsyncGenerator<TextRow[]> {
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (lines.length > 0) yield lines.map((line) => readLine(line, columns));
  }
  finishLines(rest);
}

/** The text is over. @throws RangeError where a line does not end */
export function finishLines(rest: string): void {
  if (rest !== '') throw new RangeError(`a line that does not end: ${rest.slice(0, 100)}`);
}

/** A line's values by column, as text; null for NULL. @throws RangeError */
export function readLine(line: string, columns: readonly ManifestColumn[]): TextRow {
  let record: { readonly [name: string]: unknown };
  try {
    record = JSON.parse(withQuotedNumbers(line)) as typeof record;
  } catch (error) {
    throw new RangeError(`not a JSON object: ${line.slice(0, 100)} (${(error as Error).message})`);
  }
  return columns.map(({ name }) => {
    const value = record[name];
    if (value === undefined) throw new RangeError(`a line without "${name}": ${line.slice(0, 100)}`);
    return value === null ? null : String(value);
  });
}

/** Not by one pattern: of a string of megabytes it would have the engine's stack overflow. */
function withQuotedNumbers(line: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < line.length;) {
    const quote = line.indexOf('"', at);
    const start = quote < 0 ? line.length : quote;
    pieces.push(line.slice(at, start).replace(/-?\d[-+.eE\d]*/g, '"$&"'));
    at = stringEnd(line, start);
    pieces.push(line.slice(start, at));
  }
  return pieces.join('');
}

/** Behind the string whose quotation mark is at `start`, or the end of the line. */
function stringEnd(line: string, start: number): number {
  for (let close = line.indexOf('"', start + 1); close >= 0; close = line.indexOf('"', close + 1)) {
    let escapes = 0;
    while (line[close - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return close + 1;
  }
  return line.length;
}
