import { TableMetadata } from '../spec/table-metadata';

/** What a catalog has under a name. */
export interface CatalogTable {
  readonly name: string;
  /** Where its metadata is; undefined where the table is none of Iceberg's. */
  readonly metadataLocation?: string;
  /** Parameters in the catalog: whose table it is, also where it is none of Iceberg's. */
  readonly parameters: { readonly [name: string]: string };
  /** What the next commit compares: it changes with each change of the table. */
  readonly version: string;
}

/** Metadata on its way to a name. */
export interface TableCommit {
  readonly name: string;
  /** What the catalog had when the metadata was made; undefined: nothing. */
  readonly base?: CatalogTable;
  readonly metadata: TableMetadata;
  /** Goes into the names of the files that the commit writes, so that no two attempts share one. */
  readonly attempt: string;
  /** One line about the table, for people. */
  readonly description?: string;
  /** Beside the table's own properties, in the catalog alone. */
  readonly parameters?: { readonly [name: string]: string };
}

/** Which metadata a name stands for. Changes are atomic: each compares what it was made on. */
export interface TableCatalog {
  load(name: string): Promise<CatalogTable | undefined>;

  /** Names that begin with this text. */
  names(prefix: string): Promise<string[]>;

  /**
   * Writes the metadata and lets the name stand for it, if the name still is what the commit was made on.
   *
   * @returns where the metadata is; undefined when another writer was faster. A commit whose answer was lost throws: what became of
   * it, `load` tells
   */
  commit(commit: TableCommit): Promise<string | undefined>;

  /** Lets a second name stand for metadata that is there. @returns false when the name is taken */
  register(name: string, metadataLocation: string, metadata: TableMetadata, parameters: { readonly [name: string]: string }): Promise<boolean>;

  /** Takes the name away, if it still is what it was; files stay. @returns false when another writer was faster */
  drop(table: CatalogTable): Promise<boolean>;
}

/** The number in the name of a metadata file, `00012-….metadata.json` or `v12.metadata.json`; 0 for another name. */
export function metadataVersion(location: string): number {
  return Number(/(?:^|\/)v?(\d+)[^/]*\.metadata\.json$/.exec(location)?.[1] ?? 0);
}
