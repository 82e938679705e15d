/** A SQL Server type as the manifest spells it, taken apart. */
export interface SourceType {
  /** `decimal`, `nvarchar`, … */
  readonly base: string;
  /** Digits of a decimal. */
  readonly precision: number;
  /** Decimals of a decimal, or of the second. */
  readonly scale: number;
}

/** Bytes of the whole numbers, by the base of their type. */
export const INTEGER_BYTES: { readonly [base: string]: number } = { tinyint: 1, smallint: 2, int: 4, bigint: 8 };

/** `decimal(19,4)`, `datetime2(7)`, `nvarchar(max)` */
export function parseSourceType(text: string): SourceType {
  const [, base, first, second] = /^([^(]+)(?:\((\d+|max)(?:,(\d+))?\))?$/.exec(text) ?? [undefined, text];
  const isDecimal = base === 'decimal' || base === 'numeric';
  return { base: base!, precision: isDecimal ? Number(first) : 0, scale: isDecimal ? Number(second) : Number(first) || 0 };
}
