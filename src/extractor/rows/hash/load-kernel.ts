import { ROW_KERNEL } from './row-kernel.wasm';
import { instantiate } from '../../wasm/instantiate';

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  configure(count: number, scratch: number, given: number, tallies: number): void;
  rows(start: number, end: number): number;
  askedColumn(): number;
  askedPosition(): number;
  give(count: number): void;
  tallyOne(column: number, at: number): void;
  beginValue(size: number): void;
  valueBytes(at: number, size: number): void;
  endValue(column: number): void;
  begin(): void;
  update(at: number, size: number): void;
  finish(): void;
  reset(): void;
  sumLow(): bigint;
  sumHigh(): bigint;
}

/** Most columns of a result set (Maximum capacity specifications for SQL Server: columns per SELECT statement). */
const MAX_COLUMNS = 4096;
const COLUMNS = 1024;
/** Bytes before the first row that its bitmap may need. */
const SLACK = MAX_COLUMNS / 8;
/** Rows that are hashed in one call, at most. */
export const STAGE_BYTES = 0x40000;
export const STAGE = COLUMNS + 4 * MAX_COLUMNS + SLACK;
/** A row put together: decimals may be 12 bytes longer than they came. */
const SCRATCH = STAGE + STAGE_BYTES + SLACK;
/** Values whose bytes are not those on the wire. */
const GIVEN = SCRATCH + STAGE_BYTES + 16 * MAX_COLUMNS + SLACK;
export const GIVEN_BYTES = 0x20000;
/** Pieces of messages and of values. */
const PIECES = GIVEN + GIVEN_BYTES + SLACK;
const PIECE_BYTES = 0x10000;

const TALLIES = PIECES + PIECE_BYTES + SLACK;
/** Bytes of a column's tally. */
export const TALLY_BYTES = 96;
const VALUE_KINDS = TALLIES + MAX_COLUMNS * TALLY_BYTES;
/** Places of 8,192 values, and what is written over before a row. */
const END = VALUE_KINDS + MAX_COLUMNS + 0x8000 + SLACK;

/** What the kernel is told of a result's columns, and keeps of them. */
export interface KernelColumns {
  /** How values are framed, by column. */
  readonly framings: Uint32Array;
  /** What values are, by column. */
  readonly kinds: Uint8Array;
  /** Their tallies, one behind the other. */
  readonly tallies: Uint8Array;
}

/** The hash kernel: WebAssembly, whose memory is shared by all that hash, one after the other. */
export class RowKernel {
  public readonly memory: Uint8Array;
  private readonly kernel: KernelExports;
  private used: KernelColumns | undefined;

  public constructor() {
    this.kernel = instantiate<KernelExports>(ROW_KERNEL, 'row kernel');
    // It is made large enough. Growing it would detach its ArrayBuffer, and from then on V8 looks at every access to any typed
    // array whether it is detached: a fifth more CPU for each row.
    if (this.kernel.memory.buffer.byteLength < END) throw new Error(`the row kernel's memory has less than ${END} bytes`);
    this.memory = new Uint8Array(this.kernel.memory.buffer);
  }

  /** Says of what columns the next rows are; what another result tallied is put by. */
  public use(columns: KernelColumns): void {
    if (this.used === columns) return;
    this.save();
    // Of a result that ended with a wrong value a part may be left.
    this.kernel.reset();
    this.used = columns;
    this.memory.set(new Uint8Array(columns.framings.buffer), COLUMNS);
    this.memory.set(columns.kinds, VALUE_KINDS);
    this.memory.set(columns.tallies, TALLIES);
    this.kernel.configure(columns.kinds.length, SCRATCH, GIVEN, TALLIES);
  }

  /** Copies what was tallied into the columns' own memory. */
  public save(): void {
    this.used?.tallies.set(this.memory.subarray(TALLIES, TALLIES + this.used.tallies.length));
  }

  /**
   * Adds rows of those at STAGE.
   *
   * @param from offset of the first one @param to offset behind what is there
   * @returns offset of the first row that was not added: there is none, it is not whole, has a value of the caller's, or one that is none
   */
  public rows(from: number, to: number): number {
    return this.kernel.rows(STAGE + from, STAGE + to) - STAGE;
  }

  /** The value of the caller's at which {@link rows} stopped: its column, and its offset at STAGE. */
  public get asked(): { readonly column: number; readonly at: number } | undefined {
    const column = this.kernel.askedColumn();
    return column < 0 ? undefined : { column, at: this.kernel.askedPosition() - STAGE };
  }

  /** Says what is hashed of the values of the caller's in the next row, in order. @returns whether there is room for them */
  public give(values: ReadonlyArray<readonly Uint8Array[]>): boolean {
    let at = GIVEN;
    for (const pieces of values) {
      const size = pieces.reduce((sum, { length }) => sum + length, 0);
      if (at + 4 + size > GIVEN + GIVEN_BYTES) return false;
      for (let i = 0; i < 4; i++) this.memory[at++] = size >> 8 * i;
      for (const piece of pieces) {
        this.memory.set(piece, at);
        at += piece.length;
      }
    }
    this.kernel.give(values.length);
    return true;
  }

  /** Adds one message, given in pieces of any size. */
  public message(pieces: readonly Uint8Array[]): void {
    this.begin();
    this.update(pieces);
    this.finish();
  }

  /** Begins a message; {@link update} adds to it, and {@link finish} adds it. */
  public begin(): void {
    this.kernel.begin();
  }

  public update(pieces: readonly Uint8Array[]): void {
    this.stage(pieces, (size) => this.kernel.update(PIECES, size));
  }

  public finish(): void {
    this.kernel.finish();
  }

  /** Tallies NULL. */
  public tallyNull(column: number): void {
    this.kernel.tallyOne(column, 0);
  }

  /** Tallies a value that is a number or a time. @param bytes behind their length, where the column's framing has one */
  public tallyNumber(column: number, pieces: readonly Uint8Array[]): void {
    let at = PIECES;
    for (const bytes of pieces) {
      this.memory.set(bytes, at);
      at += bytes.length;
    }
    this.kernel.tallyOne(column, PIECES);
  }

  /** Tallies a value that is neither. @param inMessage whether it is the next of the message too, which saves a copy of a long one */
  public tallyBytes(column: number, pieces: readonly Uint8Array[], inMessage = false): void {
    this.kernel.beginValue(pieces.reduce((sum, { length }) => sum + length, 0));
    this.stage(pieces, (size) => {
      if (inMessage) this.kernel.update(PIECES, size);
      this.kernel.valueBytes(PIECES, size);
    });
    this.kernel.endValue(column);
  }

  /** The sum of what was added since the last call. */
  public takeSum(): bigint {
    const sum = BigInt.asUintN(64, this.kernel.sumHigh()) << 64n | BigInt.asUintN(64, this.kernel.sumLow());
    this.kernel.reset();
    return sum;
  }

  private stage(pieces: readonly Uint8Array[], take: (size: number) => void): void {
    for (const bytes of pieces) {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        this.memory.set(piece, PIECES);
        take(piece.length);
      }
    }
  }
}

let kernel: RowKernel | undefined;

/** Compiled at first use. */
export function loadKernel(): RowKernel {
  kernel ??= new RowKernel();
  return kernel;
}
