/** A whole number of 63 bits, as Iceberg has them for ids of snapshots; a `bigint` where a `number` would not be exact. */
export type Long = number | bigint;

/** The exact form of a number. */
export function toLong(value: bigint | number | string): Long {
  const exact = BigInt(value);
  const short = Number(exact);
  return Number.isSafeInteger(short) ? short : exact;
}

/** Whether two are the same number, or both are missing. */
export function sameLong(a: Long | null | undefined, b: Long | null | undefined): boolean {
  return a === null || a === undefined || b === null || b === undefined ? (a ?? undefined) === (b ?? undefined) : BigInt(a) === BigInt(b);
}
