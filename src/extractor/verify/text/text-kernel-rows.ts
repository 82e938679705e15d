import { CsvParser, type TextRow } from './csv-rows';
import { readLine } from './json-lines-rows';
import type { ManifestColumn, ManifestFormat } from '../../../contract';
import type { CanonicalHasher } from '../../rows/hash/canonical-hasher';
import { describeText } from '../kernel/kernel-columns';
import { ARENA, ARENA_END, COLUMNS, NAMES, NAMES_BYTES, OUT, OUT_BYTES, SLACK, STOPPED, type VerifyKernel } from '../kernel/load-verify-kernel';
import type { ObjectReading } from '../values/object-reading';

/** Text that is not made into rows yet; a row that does not fit is left to the reference. */
const TEXT = ARENA;
const TEXT_BYTES = 0x800000;
/** A text without its escapes. */
const SCRATCH = TEXT + TEXT_BYTES + SLACK;
/** A row that is larger than OUT. */
const LARGE_OUT = SCRATCH + TEXT_BYTES + SLACK;
/** Taken at a time, so that what is read is still in the processor's cache when it is hashed. */
const PIECE_BYTES = 0x40000;
/** The text of NULL of CSV lies behind the names of the columns, of which CSV has none. */
const NULL_TEXT = NAMES;

const LINE_FEED = 0x0a;
/** Text that the reference looks for the end of a row in, at first. */
const FIRST_LOOK_BYTES = 0x400;

/** A row as the reference reads it. */
interface ReferenceRow {
  readonly row: TextRow;
  /** Bytes of it, its end among them. */
  readonly size: number;
}

/** Reads one row. @returns nothing where it does not end before the bytes do @throws RangeError */
type RowReader = (bytes: Uint8Array) => ReferenceRow | undefined;

/** Hashes the rows of CSV and JSON Lines by the kernel, and those it leaves by the reference. */
export class TextRows {
  /** @param encode the values that are hashed of a row the kernel leaves @returns nothing where the columns are not for the kernel */
  public static of(
    kernel: VerifyKernel, columns: readonly ManifestColumn[], format: ManifestFormat, hasher: CanonicalHasher,
    encode: (row: TextRow) => ReadonlyArray<Uint8Array | undefined>, reading: ObjectReading,
  ): TextRows | undefined {
    const { delimiter = ',', quote = '"', nullText = '' } = format;
    const isJson = format.name === 'jsonl';
    // Blank lines may be among them, which are no rows.
    if (!isJson && nullText === '' && columns.length === 1 && columns[0].nullable) return undefined;
    const prefixes = isJson ? columns.map(({ name }, i) => Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)) : [];
    const described = columns.length === 0 ? undefined : describeText(kernel, columns, reading, prefixes);
    if (!described) return undefined;
    kernel.memory.set(described, COLUMNS);
    if (!isJson) {
      const text = Buffer.from(nullText);
      const isAscii = (character: string) => character.length === 1 && character.charCodeAt(0) < 0x80;
      if (!isAscii(delimiter) || !isAscii(quote) || text.length > NAMES_BYTES) return undefined;
      kernel.memory.set(text, NULL_TEXT);
      kernel.functions.csv(delimiter.charCodeAt(0), quote.charCodeAt(0), NULL_TEXT, text.length);
    }
    const readRow = isJson ? jsonRow(columns) : csvRow(format);
    return new TextRows(kernel, columns.length, isJson, hasher, encode, readRow, !isJson && (format.header ?? true));
  }

  public rows = 0;
  /** Bytes at TEXT. */
  private filled = 0;
  /** With how many of them it is worth to look again for the end of the first row. */
  private nextLook = 0;
  /** A row that is larger than TEXT. */
  private large: Uint8Array | undefined;
  private largeBytes = 0;
  private skip: boolean;

  private constructor(
    private readonly kernel: VerifyKernel, private readonly columns: number, private readonly isJson: boolean,
    private readonly hasher: CanonicalHasher, private readonly encode: (row: TextRow) => ReadonlyArray<Uint8Array | undefined>,
    private readonly readRow: RowReader, header: boolean,
  ) {
    this.skip = header;
  }

  /** Takes the next bytes of the text. @throws RangeError */
  public push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      if (this.large) {
        from += this.pushLarge(bytes.subarray(from));
        continue;
      }
      const size = Math.min(bytes.length - from, PIECE_BYTES, TEXT_BYTES - this.filled);
      this.kernel.memory.set(bytes.subarray(from, from + size), TEXT + this.filled);
      this.filled += size;
      from += size;
      if (this.filled >= this.nextLook || this.filled === TEXT_BYTES) this.hash();
    }
  }

  /** The text is over. @returns what does not end with a row */
  public finish(): Uint8Array {
    if (!this.large) {
      this.hash();
      let at = 0;
      const rest = () => this.kernel.memory.slice(TEXT + at, TEXT + this.filled);
      // At the very end the kernel looks no further than what is there.
      for (let read = this.readRow(rest()); read; read = this.readRow(rest())) {
        this.take(read.row);
        at += read.size;
      }
      return rest();
    }
    let rest = this.large.subarray(0, this.largeBytes);
    for (let read = this.readRow(rest); read; read = this.readRow(rest)) {
      this.take(read.row);
      rest = rest.subarray(read.size);
    }
    return rest;
  }

  private hash(): void {
    const { kernel: { functions, memory }, hasher } = this;
    const end = TEXT + this.filled;
    let p = TEXT;
    for (;;) {
      if (!this.skip) {
        const start = p;
        p = this.make(p, end, OUT, OUT + OUT_BYTES);
        if (functions.textOutEnd() > OUT) hasher.rows(memory.subarray(OUT, functions.textOutEnd()));
        this.rows += functions.textRowsDone();
        const why = functions.textStopReason();
        if (p === end || why === STOPPED.END) break;
        if (why === STOPPED.FULL && p > start) continue;
        if (why === STOPPED.FULL) {
          const behind = this.makeLarge(p, end);
          if (behind > p) {
            p = behind;
            continue;
          }
        }
      }
      const read = this.readRow(memory.subarray(p, end));
      if (!read) break;
      p += read.size;
      this.take(read.row);
    }
    this.keep(p, end);
  }

  private make(p: number, end: number, out: number, limit: number): number {
    return this.kernel.functions.textRows(p, end, this.isJson ? 1 : 0, COLUMNS, this.columns, out, limit, SCRATCH);
  }

  /** Makes rows with more room, of which the first needs it. @returns behind them, or `p` where the kernel does not make the first */
  private makeLarge(p: number, end: number): number {
    const { functions, memory } = this.kernel;
    const stopped = this.make(p, end, LARGE_OUT, ARENA_END - SLACK);
    this.rows += functions.textRowsDone();
    this.hasher.largeRows(memory.subarray(LARGE_OUT, functions.textOutEnd()));
    return stopped;
  }

  /** Keeps what is not made into rows. */
  private keep(p: number, end: number): void {
    const { memory } = this.kernel;
    memory.copyWithin(TEXT, p, end);
    this.filled = end - p;
    this.nextLook = p > TEXT ? 0 : 2 * this.filled;
    if (this.filled < TEXT_BYTES) return;
    this.large = new Uint8Array(2 * TEXT_BYTES);
    this.large.set(memory.subarray(TEXT, TEXT + this.filled));
    this.largeBytes = this.filled;
    this.nextLook = 2 * TEXT_BYTES;
    this.filled = 0;
  }

  /** @returns how many bytes it took */
  private pushLarge(bytes: Uint8Array): number {
    let large = this.large!;
    if (this.largeBytes + bytes.length > large.length) {
      const grown = new Uint8Array(2 * large.length + bytes.length);
      grown.set(large.subarray(0, this.largeBytes));
      this.large = large = grown;
    }
    large.set(bytes, this.largeBytes);
    this.largeBytes += bytes.length;
    if (this.largeBytes < this.nextLook) return bytes.length;
    this.nextLook = 2 * this.largeBytes;
    const read = this.readRow(large.subarray(0, this.largeBytes));
    if (!read) return bytes.length;
    this.take(read.row);
    this.large = undefined;
    this.nextLook = 0;
    this.push(large.subarray(read.size, this.largeBytes));
    return bytes.length;
  }

  private take(row: TextRow): void {
    if (this.skip) {
      this.skip = false;
      return;
    }
    this.hasher.add(this.encode(row));
    this.rows += 1;
  }
}

function jsonRow(columns: readonly ManifestColumn[]): RowReader {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes) => {
    const end = bytes.indexOf(LINE_FEED);
    return end < 0 ? undefined : { row: readLine(decoder.decode(bytes.subarray(0, end)), columns), size: end + 1 };
  };
}

function csvRow(format: ManifestFormat): RowReader {
  const parser = new CsvParser(format);
  return (bytes) => {
    for (let look = FIRST_LOOK_BYTES; ; look *= 4) {
      const size = Math.min(look, bytes.length);
      // A character that is cut off at the end is left out.
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, size), { stream: true });
      const read = parser.first(text);
      if (read) return { row: read.row, size: Buffer.byteLength(text.slice(0, read.end)) };
      if (size === bytes.length) return undefined;
    }
  };
}
