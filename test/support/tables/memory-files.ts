import { ListedFile, TableFiles } from '../../../src/iceberg/files/table-files';

/** Files in memory. */
export class MemoryFiles implements TableFiles {
  public readonly content = new Map<string, Buffer>();
  /** Names of the files right in a folder. */
  private readonly folders = new Map<string, Set<string>>();

  public async read(uri: string): Promise<Buffer | undefined> {
    return this.content.get(uri);
  }

  public async readEnd(uri: string, bytes: number): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined> {
    const content = this.content.get(uri);
    return content && { end: content.subarray(Math.max(0, content.length - bytes)), sizeBytes: content.length };
  }

  public async readRange(uri: string, from: number, bytes: number): Promise<Buffer | undefined> {
    return this.content.get(uri)?.subarray(from, from + bytes);
  }

  public async create(uri: string, bytes: Buffer | string): Promise<boolean> {
    if (this.content.has(uri)) return false;
    this.set(uri, bytes);
    return true;
  }

  public async replace(uri: string, bytes: Buffer | string): Promise<void> {
    this.set(uri, bytes);
  }

  public async delete(uris: readonly string[]): Promise<void> {
    for (const uri of uris) {
      this.content.delete(uri);
      this.folders.get(folderOf(uri))?.delete(uri);
    }
  }

  /** Of a table's own folders, which hold no others, without a look at all files. */
  public async list(uriPrefix: string): Promise<ListedFile[]> {
    const among = /\/(?:attempts|data|metadata)\/$/.test(uriPrefix) ? this.folders.get(uriPrefix) ?? [] : this.content.keys();
    const listed = [...among].filter((uri) => uri.startsWith(uriPrefix));
    return listed.map((uri) => ({ uri, sizeBytes: this.content.get(uri)!.length, modifiedAt: new Date(0) }));
  }

  public async keepsVersions(): Promise<boolean> {
    return false;
  }

  /** Writes a file. */
  public set(uri: string, bytes: Buffer | string): void {
    this.content.set(uri, Buffer.from(bytes));
    const folder = folderOf(uri);
    const there = this.folders.get(folder);
    if (there) there.add(uri);
    else this.folders.set(folder, new Set([uri]));
  }
}

function folderOf(uri: string): string {
  return uri.slice(0, uri.lastIndexOf('/') + 1);
}
