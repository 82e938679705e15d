import { CatalogTable, metadataVersion, TableCatalog, TableCommit } from './table-catalog';
import { TableFiles } from '../files/table-files';
import { TableMetadata, writeMetadata } from '../spec/table-metadata';

/** Names that nobody else sees: tables are made in full before the names of a real catalog stand for them. */
export class DraftTables implements TableCatalog {
  private readonly tables = new Map<string, CatalogTable>();

  public constructor(private readonly files: TableFiles) {}

  public async load(name: string): Promise<CatalogTable | undefined> {
    return this.tables.get(name);
  }

  public async names(prefix: string): Promise<string[]> {
    return [...this.tables.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  public async commit({ name, base, metadata, attempt, parameters }: TableCommit): Promise<string | undefined> {
    if (this.tables.get(name)?.version !== base?.version) return undefined;
    const number = base?.metadataLocation === undefined ? 0 : metadataVersion(base.metadataLocation) + 1;
    const location = `${metadata.location}/metadata/${String(number).padStart(5, '0')}-${attempt}.metadata.json`;
    await this.files.replace(location, writeMetadata(metadata));
    this.set(name, location, metadata, parameters);
    return location;
  }

  public async register(
    name: string, metadataLocation: string, metadata: TableMetadata, parameters: { readonly [name: string]: string },
  ): Promise<boolean> {
    if (this.tables.has(name)) return false;
    this.set(name, metadataLocation, metadata, parameters);
    return true;
  }

  public async drop({ name, version }: CatalogTable): Promise<boolean> {
    if (this.tables.get(name)?.version !== version) return !this.tables.has(name);
    return this.tables.delete(name);
  }

  private set(name: string, metadataLocation: string, { properties }: TableMetadata, parameters: TableCommit['parameters']): void {
    this.tables.set(name, { name, metadataLocation, parameters: { ...properties, ...parameters }, version: metadataLocation });
  }
}
