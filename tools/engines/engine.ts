/** Engines of others that read Iceberg tables. */
export type EngineName = 'pyiceberg' | 'duckdb' | 'trino' | 'spark';

/** What is installed: the engines, and a catalog that they read by. */
export type InstalledName = EngineName | 'rest';

/**
 * A value as text, the same whichever engine gave it; null for NULL. Numbers in digits, decimals with all of their scale, doubles as
 * JavaScript writes them (`NaN`, `-0`), floats as the double they equal, `2020-02-29`, `2020-02-29T12:00:00.914683` (with `Z` when it
 * has a zone: in UTC), `23:59:59.999999`, binary as hexadecimal digits, lists and structs as JSON.
 */
export type Cell = string | null;

/** A double as a cell. */
export function doubleCell(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Where a table is; an engine takes what it needs: Trino the catalog, DuckDB the metadata, the others either. */
export interface TableAddress {
  /** `s3://…/<name>.metadata.json`, a path or a `file:` URL; it stands for the table as of one commit. */
  readonly metadataLocation?: string;
  /** Its name in Glue. */
  readonly glue?: { readonly database: string; readonly name: string };
}

/** Which state of a table. */
export type TableVersion = { readonly tag: string } | { readonly snapshotId: string };

export interface RowsOptions {
  /** @default the current one */
  readonly version?: TableVersion;
  /** @default all */
  readonly columns?: readonly string[];
}

/** What an engine answered. */
export interface Rows {
  readonly names: readonly string[];
  /** As the engine calls them. */
  readonly types: readonly string[];
  /** In the engine's order. */
  readonly rows: ReadonlyArray<readonly Cell[]>;
}

/** A running engine. */
export interface Engine {
  readonly name: EngineName;
  readonly version: string;
  /** @throws EngineError where the engine cannot address the table or the version like this */
  rows(table: TableAddress, options?: RowsOptions): Promise<Rows>;
  /** Any statement of its SQL; PyIceberg has none. In Trino and Spark the catalog is called `glue`. */
  query(sql: string): Promise<Rows>;
  /** May be called again. */
  stop(): Promise<void>;
}

/** An engine did not start, or refused what it was asked. */
export class EngineError extends Error {
  public readonly code = 'ENGINE';

  public constructor(engine: InstalledName, message: string) {
    super(`${engine}: ${message}`);
    this.name = 'EngineError';
  }
}

/** Rows in the order of a column, as texts: engines give them in any. */
export function sortedBy(table: Rows, column: string): ReadonlyArray<readonly Cell[]> {
  const index = table.names.indexOf(column);
  if (index < 0) throw new Error(`no column '${column}' in ${table.names.join(', ')}`);
  return [...table.rows].sort((a, b) => (a[index] ?? '').localeCompare(b[index] ?? '', 'en', { numeric: true }));
}

/** An identifier in Trino's and DuckDB's SQL. */
export function quoted(...names: readonly string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}

/** A text literal in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll('\'', '\'\'')}'`;
}
