import type { FileHandle } from 'node:fs/promises';
import { ColumnPages, type Page } from './column-pages';
import { pageDecompressor, type PageDecompressor } from './page-decompressor';
import { ENCODING } from './page-header';
import type { ParquetFooter } from './parquet-footer';
import type { ParquetRow } from './parquet-rows';
import type { PhysicalValue } from './parquet-value';
import type { ManifestColumn } from '../../../contract';
import type { CanonicalHasher } from '../../rows/hash/canonical-hasher';
import { describeParquet, IN_DICTIONARY, PLACE } from '../kernel/kernel-columns';
import { ARENA, ARENA_END, COLUMNS, DESCRIPTION_BYTES, OUT, OUT_BYTES, SLACK, STOPPED, type VerifyKernel } from '../kernel/load-verify-kernel';
import type { ObjectReading } from '../values/object-reading';

/** Why the kernel cannot read a file that may be whole: it has no room for it, or it is of a form that is not ours. */
export class BeyondKernel extends Error {}

/** What the kernel found wrong with a page (parquet-page.as). */
const PAGE_PROBLEMS: { readonly [number: number]: string } = {
  1: 'its definition levels go on behind its end',
  2: 'its definition levels are damaged',
  3: 'its values have other bytes than its levels have values',
  4: 'its dictionary indices are damaged',
  5: 'an index points behind the end of the dictionary',
  6: 'its values go on behind its end',
};

/** Bytes that begin a page in the arena: what is read in words. */
const ALIGNMENT = 8;

/**
 * Reads the rows of a Parquet file by the kernel: of each column one page is in memory at a time.
 *
 * @param encode the values that are hashed of a row the kernel leaves
 * @throws RangeError when a page is damaged, with its place; BeyondKernel
 */
export async function hashParquetRows(
  kernel: VerifyKernel, handle: FileHandle, footer: ParquetFooter, columns: readonly ManifestColumn[], hasher: CanonicalHasher,
  encode: (row: ParquetRow) => ReadonlyArray<Uint8Array | undefined>, reading: ObjectReading,
): Promise<void> {
  const described = describeParquet(kernel, columns, footer.fields, reading);
  if (!described) throw new BeyondKernel('the columns are not for the kernel');
  for (const [group, { rows, columns: chunks }] of footer.rowGroups.entries()) {
    kernel.memory.set(described, COLUMNS);
    const pages = chunks.map((chunk, i) => new ColumnPages(handle, chunk, `column "${columns[i].name}", row group ${group + 1}`));
    const codecs = chunks.map(({ codec }) => codec);
    await new RowGroupReader(kernel, footer, columns, pages, codecs, hasher, encode, reading).read(rows);
  }
}

class RowGroupReader {
  /** Where the arena is free. */
  private free = ARENA;
  /** Rows left in each column's page. */
  private readonly left: number[];
  private readonly decompressors: readonly PageDecompressor[];
  private readonly sources: number;
  /** Compressed bytes since they were told of. */
  private bytes = 0;

  public constructor(
    private readonly kernel: VerifyKernel, private readonly footer: ParquetFooter, private readonly columns: readonly ManifestColumn[],
    private readonly pages: readonly ColumnPages[], codecs: readonly string[], private readonly hasher: CanonicalHasher,
    private readonly encode: (row: ParquetRow) => ReadonlyArray<Uint8Array | undefined>, private readonly reading: ObjectReading,
  ) {
    this.left = columns.map(() => 0);
    this.sources = columns.filter(({ framing }) => framing !== undefined).length;
    const byCodec = new Map<string, PageDecompressor>();
    for (const codec of codecs) {
      if (byCodec.has(codec)) continue;
      const decompressor = pageDecompressor(codec, kernel, (size) => this.room(size));
      if (!decompressor) throw new BeyondKernel(`the codec ${codec}`);
      byCodec.set(codec, decompressor);
    }
    this.decompressors = codecs.map((codec) => byCodec.get(codec)!);
  }

  public async read(rows: number): Promise<void> {
    for (const i of this.columns.keys()) await this.openDictionary(i);
    const dictionariesEnd = this.free;
    for (let rest = rows; rest > 0;) {
      if (this.left.every((left) => left === 0)) this.free = dictionariesEnd;
      for (const i of this.columns.keys()) {
        if (this.left[i] === 0) this.left[i] = await this.openPage(i, rest);
      }
      const step = Math.min(...this.left);
      this.hashRows(step);
      for (const i of this.columns.keys()) this.left[i] -= step;
      rest -= step;
      this.reading.onProgress?.({ rows: step, bytes: this.bytes });
      this.bytes = 0;
      this.reading.signal?.throwIfAborted();
    }
    for (const pages of this.pages) {
      const page = await pages.next();
      if (page) throw new RangeError(`${page.place}: it stands behind all rows of its row group`);
    }
  }

  private async openDictionary(i: number): Promise<void> {
    const page = await this.pages[i].dictionary();
    if (!page) return;
    if (this.footer.fields[i].physical !== 'BYTE_ARRAY') throw new BeyondKernel('a dictionary of numbers');
    const start = this.decompress(i, page);
    const end = start + page.uncompressedBytes;
    const { functions } = this.kernel;
    const room = this.room(0);
    const problem = functions.openDictionary(this.address(i), start, end, page.values, room, ARENA_END - SLACK);
    if (problem < 0) throw new BeyondKernel('no room for a dictionary');
    if (problem > 0) throw new RangeError(`${page.place}: ${PAGE_PROBLEMS[problem]}`);
    this.free = functions.dictionaryEnd() + SLACK;
  }

  /** @returns the rows of the column's next page */
  private async openPage(i: number, rest: number): Promise<number> {
    for (;;) {
      const page = await this.pages[i].next();
      if (!page) throw new RangeError(`column "${this.columns[i].name}": its pages end ${rest} rows before its row group does`);
      if (page.values > rest) throw new RangeError(`${page.place}: it has ${page.values} rows, where its row group has ${rest} left`);
      const start = this.decompress(i, page);
      const levels = this.room(5 * page.values + ALIGNMENT);
      const isIndices = page.encoding === ENCODING.RLE_DICTIONARY;
      const problem = this.kernel.functions.openPage(this.address(i), start, start + page.uncompressedBytes, page.values, isIndices ? 1 : 0, levels);
      if (problem !== 0) throw new RangeError(`${page.place}: ${PAGE_PROBLEMS[problem]}`);
      if (page.values > 0) return page.values;
    }
  }

  /** @returns where what is in the page is */
  private decompress(i: number, page: Page): number {
    this.bytes += page.size + page.compressedBytes;
    const at = this.room(page.uncompressedBytes);
    try {
      this.decompressors[i](page.bytes, page.uncompressedBytes, at);
    } catch (error) {
      if (error instanceof RangeError) throw new RangeError(`${page.place}: ${error.message}`, { cause: error });
      throw error;
    }
    return at;
  }

  private room(size: number): number {
    const at = Math.ceil(this.free / ALIGNMENT) * ALIGNMENT;
    if (at + size + SLACK > ARENA_END) throw new BeyondKernel('no room for a page');
    this.free = at + size + SLACK;
    return at;
  }

  private address(i: number): number {
    return COLUMNS + i * DESCRIPTION_BYTES;
  }

  /** Hashes the next rows of the open pages. */
  private hashRows(count: number): void {
    const { kernel: { functions, memory }, columns, sources, hasher } = this;
    const make = (rows: number, out: number, limit: number) => functions.parquetRows(COLUMNS, columns.length, sources, rows, out, limit);
    functions.passRow();
    for (let rest = count; rest > 0;) {
      const made = make(rest, OUT, OUT + OUT_BYTES);
      if (made > 0) hasher.rows(memory.subarray(OUT, functions.parquetOutEnd()));
      rest -= made;
      if (rest === 0 || (made > 0 && functions.parquetStopReason() === STOPPED.FULL)) continue;
      // A row that is larger than the rows' room, or has a value that is not the kernel's.
      const room = Math.ceil(this.free / ALIGNMENT) * ALIGNMENT;
      const isMade = functions.parquetStopReason() === STOPPED.FULL && make(1, room, ARENA_END - SLACK) === 1;
      if (isMade) hasher.largeRows(memory.subarray(room, functions.parquetOutEnd()));
      else this.hashByValues();
      rest -= 1;
    }
  }

  private hashByValues(): void {
    this.hasher.add(this.encode(this.columns.map((_, i) => this.valueAt(i))));
    this.kernel.functions.passRow();
  }

  /** The column's value of the row at hand, as it is stored. */
  private valueAt(i: number): PhysicalValue | null {
    const { view, memory } = this.kernel;
    const { physical, length } = this.footer.fields[i];
    const column = this.address(i);
    const place = view.getUint32(column + PLACE, true);
    if (place === 0) return null;
    switch (physical) {
      case 'BOOLEAN': return place === 2;
      case 'INT32': return view.getInt32(place, true);
      case 'INT64': return view.getBigInt64(place, true);
      case 'FLOAT': return view.getFloat32(place, true);
      case 'DOUBLE': return view.getFloat64(place, true);
      case 'FIXED_LEN_BYTE_ARRAY': return memory.slice(place, place + length);
      default: {
        const at = view.getUint8(column + IN_DICTIONARY) === 1 ? view.getUint32(place + 8, true) : place;
        return memory.slice(at + 4, at + 4 + view.getUint32(at, true));
      }
    }
  }
}
