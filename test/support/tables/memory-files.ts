import { ListedFile, TableFiles } from '../../../src/iceberg/files/table-files';

/** Files in memory. */
export class MemoryFiles implements TableFiles {
  public readonly content = new Map<string, Buffer>();

  public async read(uri: string): Promise<Buffer | undefined> {
    return this.content.get(uri);
  }

  public async readEnd(uri: string, bytes: number): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined> {
    const content = this.content.get(uri);
    return content && { end: content.subarray(Math.max(0, content.length - bytes)), sizeBytes: content.length };
  }

  public async create(uri: string, bytes: Buffer | string): Promise<boolean> {
    if (this.content.has(uri)) return false;
    await this.replace(uri, bytes);
    return true;
  }

  public async replace(uri: string, bytes: Buffer | string): Promise<void> {
    this.content.set(uri, Buffer.from(bytes));
  }

  public async delete(uris: readonly string[]): Promise<void> {
    for (const uri of uris) this.content.delete(uri);
  }

  public async list(uriPrefix: string): Promise<ListedFile[]> {
    return [...this.content].filter(([uri]) => uri.startsWith(uriPrefix)).map(([uri, { length }]) => ({ uri, sizeBytes: length, modifiedAt: new Date(0) }));
  }

  public async keepsVersions(): Promise<boolean> {
    return false;
  }
}
