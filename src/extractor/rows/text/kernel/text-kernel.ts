import { KernelColumn, KernelColumns, kernelColumns } from './kernel-columns';
import { CHARSETS, COLUMNS, LoadedKernel, loadTextKernel, OUT, OUT_BYTES, PREFIXES, STAGE, STAGE_BYTES, TextStyle } from './load-text-kernel';
import type { OffKernelReason } from '../../columns/off-kernel';
import { StagedRows, StagedState } from '../../columns/staged-rows';
import type { Framing } from '../../tds/framing';

/** Rows as text: what the kernel reads and writes. */
export interface KernelState extends StagedState {
  readonly out: Uint8Array;
  /** Position in `out`. */
  o: number;
}

/**
 * Writes rows as text in WebAssembly, which has 64-bit integers and 16 bytes at a time. A row with a value that it does not
 * write, be it wrong or only rare, is left to the code compiled for the columns.
 */
export class TextKernel extends StagedRows<KernelState> {
  /** @returns why there is none for these columns, on this processor */
  public static of(columns: readonly KernelColumn[], style: TextStyle): TextKernel | OffKernelReason {
    const kernel = loadTextKernel();
    if (!kernel) return 'processor';
    const described = kernelColumns(columns);
    return typeof described === 'string' ? described : new TextKernel(kernel, described, style, columns.map(({ type }) => type.framing));
  }

  protected readonly stage;

  private constructor(
    private readonly kernel: LoadedKernel, private readonly columns: KernelColumns, private readonly style: TextStyle, framings: readonly Framing[],
  ) {
    super(framings);
    this.stage = { memory: kernel.memory, at: STAGE, size: STAGE_BYTES };
  }

  protected rows(state: KernelState, from: number, last: number): number {
    this.use();
    const { functions, memory } = this.kernel;
    const room = Math.min(state.out.length - state.o, OUT_BYTES);
    const stop = functions.rows(STAGE + state.position - from, STAGE + last - from, OUT, OUT + room);
    const end = functions.outEnd();
    state.out.set(memory.subarray(OUT, end), state.o);
    state.o += end - OUT;
    state.rows += functions.rowsDone();
    state.position = from + stop - STAGE;
    return functions.stopReason();
  }

  protected isFull({ o }: KernelState): boolean {
    return o > 0;
  }

  protected get stopColumn(): number {
    return this.kernel.functions.stopColumn();
  }

  private use(): void {
    const { kernel } = this;
    if (!kernel.changesTo(this)) return;
    const { count, descriptions, charsets, prefixes } = this.columns;
    kernel.memory.set(descriptions, COLUMNS);
    kernel.memory.set(charsets, CHARSETS);
    kernel.memory.set(prefixes, PREFIXES);
    kernel.functions.configure(count, COLUMNS);
    kernel.use(this.style);
  }
}
