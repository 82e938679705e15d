import { randomBytes } from 'node:crypto';
import { access, open, readdir, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FileObjectWriter, type OpenFile } from './file-object-writer';
import { toFileError, makeFolder } from './file-system';
import { LegacyToS3Error } from '../../api/errors';
import type { LandingTarget, ObjectHeader, ObjectPart, ObjectWriter, StoredObject } from '../target/landing-target';
import { BufferPool } from '../target/part-queue';

/** Buffers kept between files. */
const MAX_FREE_BUFFERS = 8;
const READ_BYTES = 1024 * 1024;
const PROBE = '.write-check-';
/** A probe is there for a moment; an older one is of a process that was killed then. */
const PROBE_MS = 60_000;

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
    const probe = join(this.folder, `${PROBE}${randomBytes(4).toString('hex')}`);
    try {
      await makeFolder(this.folder);
      await this.removeProbes();
      await writeFile(probe, 'ok', { flag: 'wx' });
    } catch (error) {
      throw toFileError(error, this.folder);
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }

  /** File systems of macOS and Windows do, unless told otherwise. */
  public async foldsCase(): Promise<boolean> {
    const probe = `${PROBE}${randomBytes(4).toString('hex')}`;
    try {
      await writeFile(join(this.folder, probe), 'ok', { flag: 'wx' });
      return await access(join(this.folder, probe.toUpperCase())).then(() => true, () => false);
    } catch (error) {
      throw toFileError(error, this.folder);
    } finally {
      await rm(join(this.folder, probe), { force: true }).catch(() => undefined);
    }
  }

  public open(header: ObjectHeader): ObjectWriter {
    return new FileObjectWriter(header, this.pathOf(header.key), this.pool, this.openFile);
  }

  public async has(key: string): Promise<boolean> {
    return access(this.pathOf(key)).then(() => true, () => false);
  }

  public async read(key: string): Promise<StoredObject | undefined> {
    const path = this.pathOf(key);
    try {
      const file = await open(path);
      return { sizeBytes: (await file.stat()).size, body: blocksOf(file, path), path };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toFileError(error, path, 'read');
    }
  }

  public async readPart(key: string, from: number, size: number): Promise<ObjectPart | undefined> {
    const path = this.pathOf(key);
    let file: FileHandle | undefined;
    try {
      file = await open(path);
      const { size: sizeBytes } = await file.stat();
      const start = from < 0 ? Math.max(0, sizeBytes - size) : from;
      const bytes = Buffer.alloc(Math.max(0, Math.min(size, sizeBytes - start)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      return { bytes: bytes.subarray(0, bytesRead), sizeBytes };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toFileError(error, path, 'read');
    } finally {
      await file?.close();
    }
  }

  public async list(folder: string): Promise<string[]> {
    const names = await readdir(this.pathOf(folder)).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw toFileError(error, this.pathOf(folder), 'list');
    });
    return names.map((name) => folder + name);
  }

  public async remove(key: string): Promise<void> {
    const path = this.pathOf(key);
    await rm(path, { force: true }).catch((error: unknown) => { throw toFileError(error, path, 'delete'); });
  }

  public async sweep(folder: string, keep: ReadonlySet<string>): Promise<void> {
    for (const key of await this.list(folder)) if (!keep.has(key)) await this.remove(key);
  }

  public async close(): Promise<void> {
    // Nothing is kept open.
  }

  private async removeProbes(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const found = name.startsWith(PROBE) ? await stat(path).catch(() => undefined) : undefined;
      if (found && found.mtimeMs < Date.now() - PROBE_MS) await rm(path, { force: true });
    }
  }

  private pathOf(key: string): string {
    return join(this.folder, ...key.split('/'));
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function* blocksOf(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const block of file.createReadStream({ highWaterMark: READ_BYTES })) yield block as Uint8Array;
  } catch (error) {
    throw toFileError(error, path, 'read');
  } finally {
    await file.close();
  }
}
