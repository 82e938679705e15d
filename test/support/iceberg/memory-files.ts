import { ListedFile, TableFiles } from '../../../src/iceberg/files/table-files';

/** Files in memory, with a count of what was asked of them. */
export class MemoryFiles implements TableFiles {
  public readonly all = new Map<string, { readonly bytes: Buffer; readonly modifiedAt: Date }>();
  public readonly asked: { [method: string]: number } = {};

  public constructor(private readonly now: () => number = Date.now) {}

  public async read(uri: string): Promise<Buffer | undefined> {
    await this.answered('read');
    return this.all.get(uri)?.bytes;
  }

  public async readEnd(uri: string, bytes: number): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined> {
    await this.answered('readEnd');
    const file = this.all.get(uri)?.bytes;
    return file && { end: file.subarray(Math.max(0, file.length - bytes)), sizeBytes: file.length };
  }

  public async readRange(uri: string, from: number, bytes: number): Promise<Buffer | undefined> {
    await this.answered('readRange');
    return this.all.get(uri)?.bytes.subarray(from, from + bytes);
  }

  public async create(uri: string, bytes: Buffer | string): Promise<boolean> {
    await this.answered('create');
    if (this.all.has(uri)) return false;
    this.put(uri, bytes);
    return true;
  }

  public async replace(uri: string, bytes: Buffer | string): Promise<void> {
    await this.answered('replace');
    this.put(uri, bytes);
  }

  public async delete(uris: readonly string[]): Promise<void> {
    await this.answered('delete');
    uris.forEach((uri) => this.all.delete(uri));
  }

  public async list(uriPrefix: string): Promise<ListedFile[]> {
    await this.answered('list');
    const found = [...this.all].filter(([uri]) => uri.startsWith(uriPrefix));
    return found.map(([uri, { bytes, modifiedAt }]) => ({ uri, sizeBytes: bytes.length, modifiedAt }));
  }

  public async keepsVersions(): Promise<boolean> {
    return false;
  }

  public put(uri: string, bytes: Buffer | string): void {
    this.all.set(uri, { bytes: Buffer.from(bytes), modifiedAt: new Date(this.now()) });
  }

  /** Files below a URI, sorted. */
  public below(uriPrefix: string): string[] {
    return [...this.all.keys()].filter((uri) => uri.startsWith(uriPrefix)).sort();
  }

  /** Others come between any two calls. */
  private async answered(method: string): Promise<void> {
    this.asked[method] = (this.asked[method] ?? 0) + 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
