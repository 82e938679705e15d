import { randomBytes } from 'node:crypto';
import { access, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toFileError } from './file-errors';
import { FileObjectWriter, type OpenFile } from './file-object-writer';
import { makeFolder } from './make-folder';
import { LegacyToS3Error } from '../../errors';
import type { LandingTarget, ObjectHeader, ObjectWriter } from '../landing-target';
import { BufferPool } from '../part-queue';

/** Buffers kept between files. */
const MAX_FREE_BUFFERS = 8;

/** A folder that takes the objects under the names their keys have in S3. */
export class FileTarget implements LandingTarget {
  public readonly prefix = '';
  public readonly url: string;
  private readonly folder: string;
  private readonly pool = new BufferPool(MAX_FREE_BUFFERS);

  /** @param url `file:///folder` */
  public constructor(url: string, private readonly openFile?: OpenFile) {
    try {
      this.folder = fileURLToPath(url);
    } catch (error) {
      throw new LegacyToS3Error('INVALID_CONFIG', `target '${url}' is not a file URL: ${(error as Error).message}`, { cause: error });
    }
    this.url = pathToFileURL(join(this.folder, '/')).href;
  }

  /** Makes the folder and tries to write into it. */
  public async check(): Promise<void> {
    const probe = join(this.folder, `.write-check-${randomBytes(4).toString('hex')}`);
    try {
      await makeFolder(this.folder);
      await writeFile(probe, 'ok', { flag: 'wx' });
    } catch (error) {
      throw toFileError(error, this.folder);
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }

  public open(header: ObjectHeader): ObjectWriter {
    return new FileObjectWriter(header.key, this.pathOf(header.key), this.pool, this.openFile);
  }

  public async has(key: string): Promise<boolean> {
    return access(this.pathOf(key)).then(() => true, () => false);
  }

  public async remove(key: string): Promise<void> {
    const path = this.pathOf(key);
    await rm(path, { force: true }).catch((error: unknown) => { throw toFileError(error, path); });
  }

  public async sweep(folder: string, keep: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.pathOf(folder)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw toFileError(error, this.pathOf(folder));
    });
    for (const name of names) if (!keep.has(folder + name)) await this.remove(folder + name);
  }

  public async close(): Promise<void> {
    // Nothing is kept open.
  }

  private pathOf(key: string): string {
    return join(this.folder, ...key.split('/'));
  }
}
