import type { TextRow } from './csv-rows';
import type { ManifestColumn } from '../../contract';

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

export function readLine(line: string, columns: readonly ManifestColumn[]): TextRow {
  let record: { readonly [name: string]: unknown };
  try {
    record = JSON.parse(line.replace(/"(?:[^"\\]|\\.)*"|-?\d[-+.eE\d]*/g, (token) => (token.startsWith('"') ? token : `"${token}"`))) as typeof record;
  } catch (error) {
    throw new RangeError(`not a JSON object: ${line.slice(0, 100)} (${(error as Error).message})`);
  }
  return columns.map(({ name }) => {
    const value = record[name];
    if (value === undefined) throw new RangeError(`a line without "${name}": ${line.slice(0, 100)}`);
    return value === null ? null : String(value);
  });
}
