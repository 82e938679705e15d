/** A value of a row as JSON has it: what a number would not hold exactly is a text. */
export type QueryValue = string | number | boolean | null | readonly QueryValue[] | { readonly [key: string]: QueryValue };

/** What a query answers; rows come as they are read. */
export interface QueryResult {
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>;
  /** Some rows at a time. */
  readonly rows: AsyncIterable<ReadonlyArray<readonly QueryValue[]>>;
}

/** What is asked, and of which state. */
export interface QueryOptions {
  /** The state that a run left; the newest where there is none. */
  readonly runId?: string;
  /** Most bytes that the files of the named tables may have together. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** A whole number, as a number where it is exact. */
export function wholeValue(text: string): number | string {
  return Number.isSafeInteger(Number(text)) ? Number(text) : text;
}
