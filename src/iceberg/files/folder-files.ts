import { randomUUID } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { canonicalUri, ListedFile, TableFiles } from './table-files';

const SCHEME = 'file://';

/** Files of a file system. */
export class FolderFiles implements TableFiles {
  public async read(uri: string): Promise<Buffer | undefined> {
    return unlessMissing(readFile(pathOf(uri)));
  }

  public async readEnd(uri: string, bytes: number): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined> {
    const handle = await unlessMissing(open(pathOf(uri)));
    if (!handle) return undefined;
    try {
      const { size } = await handle.stat();
      const end = Buffer.alloc(Math.min(size, bytes));
      const { bytesRead } = await handle.read(end, 0, end.length, size - end.length);
      return { end: end.subarray(0, bytesRead), sizeBytes: size };
    } finally {
      await handle.close();
    }
  }

  public async readRange(uri: string, from: number, bytes: number): Promise<Buffer | undefined> {
    const handle = await unlessMissing(open(pathOf(uri)));
    if (!handle) return undefined;
    try {
      const range = Buffer.alloc(bytes);
      const { bytesRead } = await handle.read(range, 0, bytes, from);
      return range.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  public async create(uri: string, bytes: Buffer | string): Promise<boolean> {
    return this.throughTemporary(uri, bytes, async (temporary, file) => {
      try {
        // A link is there whole, and fails when the name is taken.
        await link(temporary, file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  public async replace(uri: string, bytes: Buffer | string): Promise<void> {
    await this.throughTemporary(uri, bytes, async (temporary, file) => rename(temporary, file));
  }

  public async delete(uris: readonly string[]): Promise<void> {
    for (const uri of uris) await rm(pathOf(uri), { force: true });
  }

  public async list(uriPrefix: string): Promise<ListedFile[]> {
    const prefix = pathOf(uriPrefix);
    const slash = prefix.lastIndexOf('/') + 1;
    const files: ListedFile[] = [];
    await collect(prefix.slice(0, slash), prefix.slice(slash), files);
    return files;
  }

  public async keepsVersions(): Promise<boolean> {
    return false;
  }

  private async throughTemporary<T>(uri: string, bytes: Buffer | string, finish: (temporary: string, file: string) => Promise<T>): Promise<T> {
    const file = pathOf(uri);
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = path.join(path.dirname(file), `.${randomUUID()}.tmp`);
    await writeFile(temporary, bytes);
    return finish(temporary, file);
  }
}

/** Adds the files below a folder. @param begin of the names in it: of others, of which there may be ten thousands, nothing is looked at */
async function collect(folder: string, begin: string, files: ListedFile[]): Promise<void> {
  for (const name of await unlessMissing(readdir(folder)) ?? []) {
    if (!name.startsWith(begin)) continue;
    const file = folder + name;
    // Others may have deleted it meanwhile.
    const found = await unlessMissing(lstat(file));
    if (found?.isDirectory()) await collect(`${file}/`, '', files);
    else if (found?.isFile()) files.push({ uri: SCHEME + file, sizeBytes: found.size, modifiedAt: found.mtime });
  }
}

/** The path, as it is: nothing in it is an escape. */
function pathOf(uri: string): string {
  const canonical = canonicalUri(uri);
  if (!canonical.startsWith(`${SCHEME}/`)) throw new Error(`expected file:///path, got '${uri}'`);
  return canonical.slice(SCHEME.length);
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
