import { RowEncoder } from './row-encoder';
import { ColumnType } from '../columns/column-type';
import { OffKernelReason, OffKernelRows } from '../columns/off-kernel';
import { compileRows, DecodeRows, RowCode, RowState } from '../columns/row-compiler';
import { TextKernel } from '../text/kernel/text-kernel';

/** State of generated code that writes text. */
export interface TextState extends RowState {
  out: Uint8Array;
  /** Position in `out`. */
  o: number;
  full: boolean;
  /** Makes sure of `need` bytes behind `o`; false when what is there must be flushed first. */
  makeRoom: (need: number) => boolean;
}

/** What a text format adds to rows. */
export interface TextFormat {
  readonly bindings: { readonly [name: string]: unknown };
  readonly column: RowCode['column'];
  readonly beforeRow?: string;
  readonly afterRow: string;
  /** Most bytes of a row apart from what its wire bytes become. */
  readonly rowBytes: number;
  /** Most bytes of text a byte on the wire becomes. */
  readonly bytesPerWireByte: number;
  readonly header?: Uint8Array;
  /** Writes the rows it can, or why there is none. */
  readonly kernel: TextKernel | OffKernelReason;
}

const OUTPUT_BYTES = 0x40000;
/** Bytes of one write; those that take it copy all of it. */
const LARGEST_WRITE = 0x100000;
/** Larger buffers are given up after use. */
const LARGEST_KEPT = 0x4000000;

/** Rows as text, from wire bytes to output bytes. */
export class TextEncoder implements RowEncoder {
  public readonly state: TextState;
  public readonly offKernel: OffKernelRows;
  private readonly decodeRows: DecodeRows<TextState>;

  public constructor(columns: readonly ColumnType[], private readonly format: TextFormat) {
    this.offKernel = new OffKernelRows(columns);
    this.decodeRows = compileRows(columns.map(({ framing }) => framing), {
      bindings: { ...format.bindings, overflow },
      load: 'const out = s.out; let o = s.o;',
      store: 's.o = o;',
      beforeRow: `const need = (e - p) * ${format.bytesPerWireByte} + ${format.rowBytes};
    if (s.o + need > s.out.length && !s.makeRoom(need)) { s.full = true; break; }
    ${format.beforeRow ?? ''}`,
      afterRow: `${format.afterRow} if (s.o > s.out.length) overflow();`,
      column: format.column,
    });
    this.state = {
      bytes: EMPTY,
      view: new DataView(EMPTY.buffer),
      position: 0,
      end: 0,
      rows: 0,
      rowLimit: Infinity,
      column: 0,
      incomplete: false,
      needed: 0,
      valueStart: 0,
      valueEnd: 0,
      out: new Uint8Array(OUTPUT_BYTES),
      o: 0,
      full: false,
      makeRoom: (need) => this.makeRoom(need),
    };
  }

  public decode(): void {
    const { state, format: { kernel }, offKernel } = this;
    state.full = false;
    if (typeof kernel !== 'string') {
      kernel.decode(state, this.decodeRows, offKernel);
      return;
    }
    const { rows } = state;
    this.decodeRows(state);
    offKernel.addRows(kernel, state.rows - rows);
  }

  public get full(): boolean {
    return this.state.full;
  }

  public get pendingBytes(): number {
    return this.state.o;
  }

  public begin(): Uint8Array | undefined {
    return this.format.header;
  }

  public flush(write: (bytes: Uint8Array) => void | Promise<void>): void | Promise<void> {
    const { out, o } = this.state;
    this.state.o = 0;
    if (o > LARGEST_WRITE) return this.flushLarge(write, o);
    return o === 0 ? undefined : write(out.subarray(0, o));
  }

  /** A huge value must neither be queued whole nor keep its memory for the rest of the table. */
  private async flushLarge(write: (bytes: Uint8Array) => void | Promise<void>, length: number): Promise<void> {
    const { out } = this.state;
    for (let at = 0; at < length; at += LARGEST_WRITE) await write(out.subarray(at, Math.min(length, at + LARGEST_WRITE)));
    if (out.length > LARGEST_KEPT) this.state.out = new Uint8Array(OUTPUT_BYTES);
  }

  private makeRoom(need: number): boolean {
    const { state } = this;
    if (state.o > 0) return false;
    state.out = new Uint8Array(Math.max(need, 2 * state.out.length));
    return true;
  }
}

const EMPTY = new Uint8Array(0);

/** Writes behind the end of a typed array are lost without a word, so the bounds above are checked. */
function overflow(): never {
  throw new Error('a row took more room than its columns can need');
}
