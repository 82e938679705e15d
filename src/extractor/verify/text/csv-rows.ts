import type { ManifestFormat } from '../../../contract';

/** Texts of a row, null for NULL. */
export type TextRow = ReadonlyArray<string | null>;

const BLOCK_ROWS = 1000;

/** One field and where it ends. */
interface Field {
  readonly value: string;
  readonly quoted: boolean;
  readonly end: number;
}

/**
 * Reads CSV as the extractor writes it (RFC 4180 with LF): a quoted field is never NULL.
 *
 * @param skipBlank whether blank lines are no rows, as for other readers where there is one column
 * @throws RangeError when a quote is open at the end, a quoted field goes on behind its quote, or a row does not end
 */
export async function* csvRows(texts: AsyncIterable<string>, format: ManifestFormat, skipBlank = false): AsyncGenerator<TextRow[]> {
  const parser = new CsvParser(format, skipBlank);
  for await (const text of texts) yield* parser.push(text);
  parser.finish();
}

export class CsvParser {
  /** Text behind the last whole row. */
  private rest = '';
  private skip: boolean;
  private readonly separator: string;
  private readonly quote: string;
  private readonly nullText: string;

  public constructor({ delimiter = ',', quote = '"', header = true, nullText = '' }: ManifestFormat, private readonly skipBlank = false) {
    this.separator = delimiter;
    this.quote = quote;
    this.skip = header;
    this.nullText = nullText;
  }

  /** Takes the next text. @returns blocks of the rows that ended */
  public* push(piece: string): Generator<TextRow[]> {
    const text = this.rest + piece;
    let rows: TextRow[] = [];
    let row: Array<string | null> = [];
    let rowStart = 0;
    for (let at = 0, field = this.field(text, 0); field; field = this.field(text, at)) {
      row.push(!field.quoted && field.value === this.nullText ? null : field.value);
      at = field.end + 1;
      if (text[field.end] === this.separator) continue;
      const isBlank = this.skipBlank && row.length === 1 && at - rowStart === 1;
      if (!this.skip && !isBlank) rows.push(row);
      this.skip = false;
      row = [];
      rowStart = at;
      if (rows.length < BLOCK_ROWS) continue;
      yield rows;
      rows = [];
    }
    this.rest = text.slice(rowStart);
    if (rows.length > 0) yield rows;
  }

  /** The first row of a text, the header too, and where it ends; undefined where it does not. */
  public first(text: string): { readonly row: TextRow; readonly end: number } | undefined {
    const row: Array<string | null> = [];
    for (let at = 0, field = this.field(text, 0); field; field = this.field(text, at)) {
      row.push(!field.quoted && field.value === this.nullText ? null : field.value);
      at = field.end + 1;
      if (text[field.end] !== this.separator) return { row, end: at };
    }
    return undefined;
  }

  /** The text is over. @param rest what no row ends */
  public finish(rest = this.rest): void {
    if (rest !== '') throw new RangeError(`a CSV row that does not end: ${JSON.stringify(rest.slice(0, 100))}`);
  }

  /** @returns nothing when the field may go on behind the text */
  private field(text: string, at: number): Field | undefined {
    const { quote, separator } = this;
    if (text[at] !== quote) {
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\n') end++;
      return end < text.length ? { value: text.slice(at, end), quoted: false, end } : undefined;
    }
    let value = '';
    for (let from = at + 1; ;) {
      const close = text.indexOf(quote, from);
      // The quote that ends the text may be the first of two.
      if (close < 0 || close + 1 >= text.length) return undefined;
      value += text.slice(from, close);
      const next = text[close + 1];
      if (next !== quote) {
        if (next !== separator && next !== '\n') throw new RangeError(`a quoted CSV field that goes on behind its quote: ${JSON.stringify(text.slice(at, at + 100))}`);
        return { value, quoted: true, end: close + 1 };
      }
      value += quote;
      from = close + 2;
    }
  }
}
