import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { eachInFlight } from './in-flight';
import type { StateStore } from './state-store';
import { toFileError, makeFolder } from '../landing/file/file-system';

/** Between a key and what tells one writer's temporary file from another's. */
const TEMPORARY = '.tmp-';

/** Texts as files; a file is whole or not there. */
export class FolderStore implements StateStore {
  public readonly url: string;

  public constructor(private readonly folder: string) {
    this.url = folder;
  }

  public async create(key: string, text: string): Promise<boolean> {
    return this.write(key, text, async (temporary, path) => {
      try {
        // Unlike a rename this fails when the name is taken.
        await link(temporary, path);
        return true;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Whoever has the run by now takes away what others were writing.
        if (code === 'EEXIST' || code === 'ENOENT') return false;
        throw error;
      }
    });
  }

  public async put(key: string, text: string): Promise<void> {
    await this.write(key, text, rename);
  }

  public async read(key: string): Promise<string | undefined> {
    const path = join(this.folder, key);
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw toFileError(error, path);
    }
  }

  public async list(prefix: string): Promise<string[]> {
    return (await this.files(prefix)).filter((key) => !key.includes(TEMPORARY));
  }

  public async leftovers(prefix: string): Promise<string[]> {
    return (await this.files(prefix)).filter((key) => key.includes(TEMPORARY));
  }

  public async remove(keys: readonly string[]): Promise<void> {
    await eachInFlight(keys, async (key) => {
      await rm(join(this.folder, key), { force: true }).catch((error: unknown) => { throw toFileError(error, key); });
    });
  }

  private async files(prefix: string): Promise<string[]> {
    try {
      const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
      const keys = entries.filter((entry) => entry.isFile())
        .map(({ parentPath, path, name }) => relative(this.folder, join(parentPath ?? path, name)));
      return keys.filter((key) => key.startsWith(prefix)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw toFileError(error, this.folder);
    }
  }

  private async write<T>(key: string, text: string, place: (temporary: string, path: string) => Promise<T>): Promise<T> {
    const path = join(this.folder, key);
    const temporary = `${path}${TEMPORARY}${randomBytes(4).toString('hex')}`;
    try {
      await makeFolder(dirname(path));
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      return await place(temporary, path);
    } catch (error) {
      throw toFileError(error, path);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}
