import type { ParquetInstance } from './kernel-memory';
import { LARGEST_VALUE } from '../../../columns/bytes-buffer';
import { ValueDictionary, VariableBuffer } from '../../../columns/column-buffer';
import { ValueError } from '../../../tds/value-error';

/** Words of a source column's description that both sides write (parquet-kernel.as). */
export const COUNT = 28;
export const NULLS = 32;
export const DICTIONARY = 44;
const NEWEST = 64;

/** Words of a dictionary. */
const D_COUNT = 16;
const D_EARLIER = 20;
export const SLOT_BYTES = 0x20000;
export const ENTRIES = 0x8000;
/** A mebibyte, and one value more. */
export const DICTIONARY_DATA_BYTES = 0x100000 + 0x1000;

/** Where a column's dictionary is: 32 bytes of description, and what they point to. */
export interface DictionaryPlace {
  readonly at: number;
  readonly slots: number;
  readonly starts: number;
  readonly data: number;
}

/** A dictionary in the kernel's memory. */
class KernelDictionary implements ValueDictionary {
  public readonly data: Uint8Array;
  public readonly starts: Int32Array;
  private readonly slots: Uint8Array;

  public constructor({ buffer }: { readonly buffer: ArrayBuffer }, private readonly words: DataView, public readonly place: DictionaryPlace) {
    this.data = new Uint8Array(buffer, place.data, DICTIONARY_DATA_BYTES);
    this.starts = new Int32Array(buffer, place.starts, ENTRIES + 1);
    this.slots = new Uint8Array(buffer, place.slots, SLOT_BYTES);
  }

  public get count(): number {
    return this.words.getUint32(this.place.at + D_COUNT, true);
  }

  public get bytes(): number {
    return this.starts[this.count];
  }

  public get earlierValues(): number {
    return this.words.getUint32(this.place.at + D_EARLIER, true);
  }

  public set earlierValues(values: number) {
    this.words.setUint32(this.place.at + D_EARLIER, values, true);
  }

  public clear(): void {
    if (this.count > 0) this.slots.fill(0);
    this.words.setUint32(this.place.at + D_COUNT, 0, true);
    this.earlierValues = 0;
  }
}

/** A value that is kept outside the kernel's memory, with its length: where it ends there, and the block it comes behind. */
interface Outside {
  readonly after: number;
  readonly end: number;
}

/** Longer values are kept outside. */
export const LARGEST_INSIDE = 0x10000;
/** Long values fill a batch sooner, so that they are still in the processor's cache when their page is made: pages of two megabytes. */
const OUTSIDE_WEIGHT = 4;
/** Larger memory is not kept for the rest of the table. */
const LARGEST_KEPT = 0x2000000;
/** Values of varying length in the kernel's memory; what is added here came from the code for one value. */
export class KernelBytes extends VariableBuffer {
  public dictionary: KernelDictionary | null = null;
  /** Where {@link begin} makes room. */
  public data: Uint8Array = new Uint8Array(0);
  private readonly words: DataView;
  private readonly memory: Uint8Array;
  private outside: Outside[] = [];
  private outsideBytes: Uint8Array = new Uint8Array(0);
  private small: Uint8Array = new Uint8Array(0);

  /** @param at description of the source column @param handover where a value is handed over */
  public constructor(
    private readonly instance: ParquetInstance, private readonly column: number, private readonly at: number, private readonly handover: number,
    valid: Uint8Array, public readonly indices: Int32Array, private readonly dictionaryPlace: DictionaryPlace | undefined,
  ) {
    super(valid);
    this.words = new DataView(instance.memory.buffer);
    this.memory = new Uint8Array(instance.memory.buffer);
  }

  public makeDictionary(): ValueDictionary {
    return new KernelDictionary(this.instance.memory, this.words, this.dictionaryPlace!);
  }

  public useDictionary(dictionary: ValueDictionary | null): void {
    this.dictionary = dictionary as KernelDictionary | null;
    this.words.setUint32(this.at + DICTIONARY, this.dictionary?.place.at ?? 0, true);
  }

  /** The kernel leaves a dictionary that does not pay. */
  public pull(): void {
    this.count = this.words.getUint32(this.at + COUNT, true);
    this.nullCount = this.words.getUint32(this.at + NULLS, true);
    if (this.words.getUint32(this.at + DICTIONARY, true) === 0) this.dictionary = null;
  }

  /** What the kernel knows by the value's bytes it finds itself. */
  public addKnown(): boolean {
    return false;
  }

  /** Makes room in `data` for a value of up to `bytes` bytes. @returns position where they go */
  public begin(bytes: number): number {
    if (bytes > LARGEST_INSIDE) {
      // It may have to be kept outside, so that is where it is written.
      const at = this.outsideEnd + 4;
      this.growOutside(at + bytes);
      this.data = this.outsideBytes;
      return at;
    }
    if (this.small.length === 0) this.small = new Uint8Array(LARGEST_INSIDE);
    this.data = this.small;
    return 0;
  }

  /** Ends the value that is at `data[at..end)`; it was `n` bytes on the wire. */
  public commit(at: number, end: number, _v: DataView, _p: number, n: number): void {
    const { functions } = this.instance;
    const size = end - at;
    if (size > LARGEST_VALUE) {
      throw new ValueError(`a value of ${size} bytes; Parquet files take up to ${LARGEST_VALUE}, CSV and JSON Lines take more`);
    }
    if (size <= LARGEST_INSIDE) {
      this.memory.set(this.data.subarray(at, end), this.handover);
      functions.addBytes(this.column, this.handover, size, n);
    } else {
      this.leaveDictionary();
      functions.closeBlock(this.column);
      for (let i = 0; i < 4; i++) this.outsideBytes[at - 4 + i] = size >> 8 * i;
      this.outside.push({ after: this.words.getUint32(this.at + NEWEST, true), end });
      functions.addVariable(OUTSIDE_WEIGHT * (4 + size));
      this.words.setUint32(this.at + COUNT, this.words.getUint32(this.at + COUNT, true) + 1, true);
    }
    this.pull();
  }

  public leaveDictionary(): void {
    if (this.words.getUint32(this.at + DICTIONARY, true) !== 0) this.instance.functions.leave(this.column);
    this.dictionary = null;
  }

  public get pieces(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let next = 0;
    let from = 0;
    const takeOutside = (after: number) => {
      for (; this.outside[next]?.after === after; next++) {
        const { end } = this.outside[next];
        pieces.push(this.outsideBytes.subarray(from, end));
        from = end;
      }
    };
    takeOutside(0);
    for (let block = this.instance.functions.firstBlock(this.column); block !== 0; block = this.words.getUint32(block, true)) {
      pieces.push(this.memory.subarray(block + 8, block + 8 + this.words.getUint32(block + 4, true)));
      takeOutside(block);
    }
    return pieces;
  }

  public override get variableBytes(): number {
    return this.dictionary !== null ? 4 * this.count : this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  public override reset(): void {
    super.reset();
    this.outside = [];
    // A huge value must not keep its memory for the rest of the table.
    if (this.outsideBytes.length > LARGEST_KEPT) this.data = this.outsideBytes = new Uint8Array(0);
  }

  private get outsideEnd(): number {
    return this.outside.at(-1)?.end ?? 0;
  }

  private growOutside(bytes: number): void {
    if (bytes <= this.outsideBytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, 2 * this.outsideBytes.length));
    grown.set(this.outsideBytes.subarray(0, this.outsideEnd));
    this.outsideBytes = grown;
  }
}
