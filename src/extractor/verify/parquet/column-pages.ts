import type { FileHandle } from 'node:fs/promises';
import { ENCODING, PAGE, readPageHeader, type PageHeader } from './page-header';
import type { ColumnChunkPlace } from './parquet-footer';

/** A page as it lies in the file. */
export interface Page extends PageHeader {
  /** Compressed; good until the next page is asked for. */
  readonly bytes: Uint8Array;
  /** `column "Amount", row group 2, page 3`; pages count from 1, the dictionary not among them. */
  readonly place: string;
}

/** Read at a time, where there is as much. */
const WINDOW_BYTES = 0x40000;
/** A header is far shorter. */
const HEADER_BYTES = 0x10000;

/** The pages of one column of one row group, one after the other, with little of the file in memory. */
export class ColumnPages {
  private window = Buffer.alloc(0);
  /** Where the window begins in the file, and where in it the next page does. */
  private windowStart: number;
  private at = 0;
  private pages = 0;
  private ahead: Page | undefined;

  /** @param subject `column "Amount", row group 2` */
  public constructor(private readonly handle: FileHandle, private readonly chunk: ColumnChunkPlace, private readonly subject: string) {
    this.windowStart = chunk.start;
  }

  /** The dictionary, where the chunk begins with one. Asked for before all else. */
  public async dictionary(): Promise<Page | undefined> {
    const page = await this.read();
    if (page?.type === PAGE.DICTIONARY) return page;
    this.ahead = page;
    return undefined;
  }

  /** The next data page; undefined behind the last. @throws RangeError */
  public async next(): Promise<Page | undefined> {
    const page = this.ahead ?? await this.read();
    this.ahead = undefined;
    if (page && page.type !== PAGE.DATA) throw new RangeError(`${page.place}: a page of type ${page.type} where there are data pages of version 1 only`);
    return page;
  }

  private async read(): Promise<Page | undefined> {
    if (this.windowStart + this.at === this.chunk.end) return undefined;
    const place = `${this.subject}, page ${this.pages + 1}`;
    const header = await this.header(place);
    const { type, encoding, levels, values, uncompressedBytes, compressedBytes, size } = header;
    const whole = (value: number) => Number.isSafeInteger(value) && value >= 0;
    if (!whole(values) || !whole(uncompressedBytes) || !whole(compressedBytes)) throw new RangeError(`${place}: its header is damaged`);
    if (type === PAGE.DATA) {
      if (encoding !== ENCODING.PLAIN && encoding !== ENCODING.RLE_DICTIONARY) throw new RangeError(`${place}: its values have the encoding ${encoding}, not PLAIN or RLE_DICTIONARY`);
      if (levels !== ENCODING.RLE) throw new RangeError(`${place}: its levels have the encoding ${levels}, not RLE`);
      this.pages += 1;
    } else if (type === PAGE.DICTIONARY && encoding !== ENCODING.PLAIN) {
      throw new RangeError(`${this.subject}, dictionary: its values have the encoding ${encoding}, not PLAIN`);
    }
    if (compressedBytes > this.left - size) throw new RangeError(`${place}: it has ${compressedBytes} bytes, where its column has ${this.left - size} left`);
    await this.fill(size + compressedBytes);
    const start = this.at + size;
    this.at = start + compressedBytes;
    return { ...header, bytes: this.window.subarray(start, this.at), place: type === PAGE.DICTIONARY ? `${this.subject}, dictionary` : place };
  }

  private async header(place: string): Promise<PageHeader> {
    await this.fill(Math.min(HEADER_BYTES, this.left));
    try {
      const header = readPageHeader(this.window.subarray(this.at));
      if (header) return header;
    } catch (error) {
      throw new RangeError(`${place}: ${(error as Error).message}`, { cause: error });
    }
    throw new RangeError(`${place}: its header does not end`);
  }

  /** Bytes of the chunk from the next page on. */
  private get left(): number {
    return this.chunk.end - this.windowStart - this.at;
  }

  /** Has the window hold this many bytes from the next page on, which the chunk has. */
  private async fill(bytes: number): Promise<void> {
    if (this.window.length - this.at >= bytes) return;
    const rest = this.window.subarray(this.at);
    const size = Math.min(this.left, Math.max(bytes, WINDOW_BYTES));
    const window = Buffer.allocUnsafeSlow(size);
    rest.copy(window);
    this.windowStart += this.at;
    this.at = 0;
    const from = this.windowStart + rest.length;
    let filled = rest.length;
    while (filled < size) {
      const { bytesRead } = await this.handle.read(window, filled, size - filled, from + filled - rest.length);
      if (bytesRead === 0) throw new RangeError(`${this.subject}: the file ends before its pages do`);
      filled += bytesRead;
    }
    this.window = window;
  }
}
