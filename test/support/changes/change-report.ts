/** How a source and its landed tables are drilled. */
export interface ChangeDrillOptions {
  /** To kill, at least. */
  readonly kills: { readonly processes: number; readonly completions: number };
  readonly seed: number;
  /** Whether Trino reads the tables beside our own reader. @default false */
  readonly trino?: boolean;
  /** Transactions of one sync, at most. @default - as many as are committed while it runs */
  readonly transactions?: number;
  readonly onRun?: (line: string) => void;
}

/** What a drill found. */
export interface ChangeReport {
  readonly kills: { readonly processes: number; readonly completions: number };
  /** Manifests that landed, and those of changes among them. */
  readonly runs: number;
  readonly runsOfChanges: number;
  /** States of tables that were compared with the source as of their mark. */
  readonly compared: number;
  /** Those whose mark was reached by changes, by way. */
  readonly comparedAfterChanges: { readonly [way: string]: number };
  /** Those of these whose rows the source had counted, by way. */
  readonly countedAfterChanges: { readonly [way: string]: number };
  /** Those that Trino read too. */
  readonly comparedByTrino: number;
  readonly transactions: number;
  readonly truncated: number;
  readonly columnsAdded: number;
  readonly seconds: number;
  /** What was wrong; empty when nothing was. */
  readonly problems: readonly string[];
}
