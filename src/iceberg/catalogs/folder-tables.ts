import { CatalogTable, metadataVersion, TableCatalog, TableCommit } from './table-catalog';
import { encodeKeySegment } from '../../contract';
import { forEachAtOnce } from '../files/at-once';
import { TableFiles } from '../files/table-files';
import { readMetadata, TableMetadata, writeMetadata } from '../spec/table-metadata';

/** What a name stands for. */
export interface TablePointer {
  readonly name: string;
  /** How often the name was given another folder, from 1. */
  readonly number: number;
  /** URI of the table's folder, without a slash at its end. */
  readonly location: string;
}

/**
 * Iceberg tables of a folder, without a service.
 *
 * In each table's folder the newest `metadata/v<N>.metadata.json` is the table (Iceberg spec, "File System Tables"): a commit creates
 * the next one, which only one writer can; `version-hint.text` has its number, for readers that look for it. Which folder a
 * name stands for, `<folder>/_names/<name>.<N>.json` says, the greatest N.
 */
export class FolderTables implements TableCatalog {
  /** Greatest numbers of names that were seen: files of names are never deleted, so that later ones are looked for from there. */
  private seen?: Promise<Map<string, number>>;

  /** @param folder URI with a slash at its end */
  public constructor(private readonly files: TableFiles, private readonly folder: string) {}

  public async load(name: string): Promise<CatalogTable | undefined> {
    const pointer = await this.pointer(name);
    if (!pointer?.location) return undefined;
    const metadataLocation = await this.newestIn(pointer.location);
    if (metadataLocation === undefined) return undefined;
    const metadata = readMetadata(String(await this.files.read(metadataLocation)), metadataLocation);
    return { name, metadataLocation, parameters: { ...metadata.properties }, version: versionOf(pointer.number, metadataLocation) };
  }

  public async names(prefix: string): Promise<string[]> {
    return (await this.pointersOf(prefix)).map(({ name }) => name);
  }

  /** What each name stands for, without a look into it: the table's folder may have moved. */
  public async pointers(): Promise<TablePointer[]> {
    return this.pointersOf('');
  }

  /**
   * Where the newest metadata in a table's folder is; undefined where there is none. Hints may be late: the numbers after it are looked
   * for. Where it leads nowhere, all are.
   */
  public async newestIn(location: string): Promise<string | undefined> {
    const file = (number: number) => `${location}/metadata/v${number}.metadata.json`;
    const isThere = async (number: number) => await this.files.readEnd(file(number), 1) !== undefined;
    let number = Number((await this.files.read(`${location}/metadata/version-hint.text`)) ?? 0);
    if (!Number.isSafeInteger(number) || number < 1 || !await isThere(number)) {
      number = Math.max(0, ...(await this.files.list(`${location}/metadata/v`)).map(({ uri }) => metadataVersion(uri)));
      return number === 0 ? undefined : file(number);
    }
    while (await isThere(number + 1)) number++;
    return file(number);
  }

  /**
   * Lets a name stand for the same table in another folder.
   *
   * @param metadata that follows `before`, the newest there; undefined where that names the folder already
   * @returns false when another writer was faster
   */
  public async move({ name, number }: TablePointer, location: string, before: string, metadata?: TableMetadata): Promise<boolean> {
    if (metadata) {
      const version = metadataVersion(before) + 1;
      if (!await this.files.create(`${location}/metadata/v${version}.metadata.json`, writeMetadata(metadata))) return false;
      await this.files.replace(`${location}/metadata/version-hint.text`, String(version));
    }
    return this.point(name, number + 1, { location });
  }

  public async commit({ name, base, metadata }: TableCommit): Promise<string | undefined> {
    const follows = base?.metadataLocation?.startsWith(`${metadata.location}/`) ?? false;
    // A commit that ended before the name stood for it, or whose name was taken away, has left some.
    const newest = follows ? base?.metadataLocation : await this.newestIn(metadata.location);
    const before = newest === undefined ? 0 : metadataVersion(newest);
    const location = `${metadata.location}/metadata/v${before + 1}.metadata.json`;
    const pointer = await this.pointer(name);
    // What another writer made meanwhile is not taken over.
    const now = pointer?.location === undefined ? undefined : await this.newestIn(pointer.location);
    if (follows ? base!.version !== versionOf(pointer?.number, now) : !base && now !== undefined) return undefined;
    if (!await this.files.create(location, writeMetadata(metadata))) return undefined;
    await this.hint(metadata.location, before + 1);
    if (follows) return location;
    const number = base ? Number(base.version.split(' ')[0]) : pointer?.number ?? 0;
    return await this.point(name, number + 1, { location: metadata.location }) ? location : undefined;
  }

  /** Parameters are the metadata's own here. */
  public async register(name: string, _metadataLocation: string, metadata: TableMetadata, _parameters?: object): Promise<boolean> {
    if (await this.load(name)) return false;
    return this.point(name, ((await this.pointer(name))?.number ?? 0) + 1, { location: metadata.location });
  }

  public async drop({ name, version }: CatalogTable): Promise<boolean> {
    const now = await this.load(name);
    if (now?.version !== version) return now === undefined;
    return this.point(name, Number(version.split(' ')[0]) + 1, {});
  }

  /** A writer that was slow to tell does not lead readers back: the newest is told then. */
  private async hint(location: string, written: number): Promise<void> {
    for (let number = written; ;) {
      await this.files.replace(`${location}/metadata/version-hint.text`, String(number));
      const newest = await this.newestIn(location);
      if (newest === undefined || metadataVersion(newest) === number) return;
      number = metadataVersion(newest);
    }
  }

  /** Of names that begin so. All are listed once, however many there are. */
  private async pointersOf(prefix: string): Promise<TablePointer[]> {
    const newest = await this.listNumbers();
    this.seen = Promise.resolve(newest);
    const wanted = [...newest].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    const all = await forEachAtOnce(wanted, async ([name, number]) => {
      const { location } = await this.pointerAt(name, number) ?? {};
      return location === undefined ? [] : [{ name, number, location }];
    });
    return all.flat();
  }

  private async point(name: string, number: number, to: { readonly location?: string }): Promise<boolean> {
    return this.files.create(this.nameFile(name, number), JSON.stringify(to));
  }

  /** Folders of ten thousands of tables are listed once, not for each of them. */
  private async pointer(name: string): Promise<{ readonly number: number; readonly location?: string } | undefined> {
    const seen = await (this.seen ??= this.listNumbers());
    let number = seen.get(name) ?? 0;
    let found = number === 0 ? undefined : await this.pointerAt(name, number);
    if (number > 0 && !found) throw new Error(`${this.nameFile(name, number)} is gone: it says what '${name}' stands for`);
    for (let next; (next = await this.pointerAt(name, number + 1)) !== undefined;) [found, number] = [next, number + 1];
    if (!found) return undefined;
    seen.set(name, number);
    return { number, ...found };
  }

  private async pointerAt(name: string, number: number): Promise<{ readonly location?: string } | undefined> {
    const text = await this.files.read(this.nameFile(name, number));
    return text && JSON.parse(String(text));
  }

  private async listNumbers(): Promise<Map<string, number>> {
    const newest = new Map<string, number>();
    for (const { uri } of await this.files.list(`${this.folder}_names/`)) {
      const [, segment = '', number] = /([^/]*)\.(\d+)\.json$/.exec(uri) ?? [];
      const name = decodeURIComponent(segment);
      if (name !== '') newest.set(name, Math.max(newest.get(name) ?? 0, Number(number)));
    }
    return newest;
  }

  private nameFile(name: string, number: number): string {
    return `${this.folder}_names/${encodeKeySegment(name)}.${number}.json`;
  }
}

function versionOf(pointer: number | undefined, metadataLocation: string | undefined): string {
  return `${pointer} ${metadataLocation}`;
}
