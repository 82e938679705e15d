import type { ColumnType } from './column-type';

/**
 * Why rows left the kernels: their values went through code for one value, which is slower.
 *
 * - `sqlVariant`, `doubleByteText`: the result has a column of that type;
 * - `longRow`: the row, or its text, is longer than the kernel's memory;
 * - `csvOptions`: a text of NULL, or a delimiter that numbers and dates hold, for which every field is looked at;
 * - `columns`: the result has more columns, code pages or bytes of names than the kernel has room for;
 * - `rareValue`: a value that only the reference writes, such as a float that needs exact arithmetic, or a wrong one;
 * - `processor`: it lacks the instructions that the kernel needs (SIMD).
 */
export type OffKernelReason = 'sqlVariant' | 'doubleByteText' | 'longRow' | 'csvOptions' | 'columns' | 'rareValue' | 'processor';

/** How many rows left a kernel, by reason. */
export type OffKernelCounts = { readonly [reason in OffKernelReason]?: number };

/** Counts them. */
export class OffKernelRows {
  private readonly byReason = new Map<OffKernelReason, number>();

  public constructor(private readonly columns: readonly ColumnType[]) {}

  /** @param column because of which; none for a long row */
  public add(column: number | undefined): void {
    this.addRows(column === undefined ? 'longRow' : reasonOf(this.columns[column]) ?? 'rareValue', 1);
  }

  public addRows(reason: OffKernelReason, rows: number): void {
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + rows);
  }

  public get counts(): OffKernelCounts {
    return Object.fromEntries(this.byReason);
  }
}

/** Why values of the column are never the kernels'; nothing where they are. */
export function reasonOf({ kind, charset, framing }: ColumnType): OffKernelReason | undefined {
  if (kind === 'variant' || framing.kind === 'longLength') return 'sqlVariant';
  return charset?.kind === 'doubleByte' ? 'doubleByteText' : undefined;
}

/** Of chunks, or of tables. */
export function sumOf(counts: readonly OffKernelCounts[]): OffKernelCounts {
  return combined(counts, (a, b) => a + b);
}

/** Rows that left one kernel or another: most of them left both for the same reason. */
export function mostOf(counts: readonly OffKernelCounts[]): OffKernelCounts {
  return combined(counts, Math.max);
}

function combined(counts: readonly OffKernelCounts[], add: (a: number, b: number) => number): OffKernelCounts {
  const all: { [reason in OffKernelReason]?: number } = {};
  for (const each of counts) {
    for (const [reason, rows] of Object.entries(each) as Array<[OffKernelReason, number]>) all[reason] = add(all[reason] ?? 0, rows);
  }
  return all;
}
