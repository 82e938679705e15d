import { createHash, randomBytes } from 'node:crypto';
import { access, link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toFileError, makeFolder } from './file-system';
import { LegacyToS3Error } from '../../api/errors';
import type { LandedObject, ObjectHeader, ObjectWriter } from '../target/landing-target';
import { BufferPool, PartQueue } from '../target/part-queue';

/** Bytes a write call takes. */
const BLOCK_BYTES = 1024 * 1024;

/** What file systems answer that have no hard links. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Opens a file for writing. Tests put their own in place. */
export type OpenFile = (path: string) => Promise<FileHandle>;

/** Fails when the file is already there: two runs never share a temporary file. */
export const openNewFile: OpenFile = (path) => open(path, 'wx');

/** Writes beside the final name and renames when all is on disk. */
export class FileObjectWriter implements ObjectWriter {
  private readonly temporary: string;
  private readonly hash = createHash('sha256');
  private readonly queue: PartQueue;
  private file?: Promise<FileHandle>;
  private closed = false;

  public constructor(
    private readonly header: Pick<ObjectHeader, 'key' | 'replace'>,
    private readonly path: string,
    pool: BufferPool,
    private readonly openFile: OpenFile = openNewFile,
  ) {
    this.temporary = `${path}.tmp-${randomBytes(4).toString('hex')}`;
    this.queue = new PartQueue({
      partBytes: () => BLOCK_BYTES,
      maxInFlight: 2,
      pool,
      send: (block, index) => this.writeBlock(block, index),
    });
  }

  public write(bytes: Uint8Array): void | Promise<void> {
    // Now, while the bytes are in the processor's cache, and in their order.
    this.hash.update(bytes);
    return this.queue.write(bytes);
  }

  public async complete(): Promise<LandedObject> {
    try {
      if (this.closed) throw new LegacyToS3Error('TARGET_WRITE_FAILED', `cannot write ${this.path}: it was given up`);
      await this.queue.finish();
      const file = await this.handle();
      await file.sync();
      this.closed = true;
      await file.close();
      await this.place();
      await syncFolder(dirname(this.path));
    } catch (error) {
      await this.abort();
      throw toFileError(error, this.path);
    }
    return {
      key: this.header.key,
      sizeBytes: this.queue.totalBytes,
      checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: this.hash.digest('base64') },
    };
  }

  public async abort(): Promise<void> {
    await this.queue.drop();
    const file = await this.file?.catch(() => undefined);
    if (file && !this.closed) await file.close().catch(() => undefined);
    this.closed = true;
    if (this.file) await rm(this.temporary, { force: true }).catch(() => undefined);
  }

  private async place(): Promise<void> {
    const { replace } = this.header;
    if (replace === 'never') return this.placeNew();
    if (replace && await access(this.path).then(() => true, () => false)) await replace();
    await rename(this.temporary, this.path);
  }

  /** Unlike a rename, a link fails where the name is taken. */
  private async placeNew(): Promise<void> {
    try {
      await link(this.temporary, this.path);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') {
        throw new LegacyToS3Error('TARGET_OCCUPIED', `cannot write ${this.path}: another writer's file is there, and is not replaced`, { cause: error });
      }
      if (!WITHOUT_LINKS.has(code)) throw error;
      return rename(this.temporary, this.path);
    }
    await rm(this.temporary, { force: true });
  }

  private async writeBlock(block: Buffer, index: number): Promise<void> {
    try {
      const file = await this.handle();
      for (let done = 0; done < block.length;) {
        // A nearly full disk takes a part of the bytes first and fails at the next call.
        const { bytesWritten } = await file.write(block, done, block.length - done, index * BLOCK_BYTES + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw toFileError(error, this.path);
    }
  }

  private handle(): Promise<FileHandle> {
    this.file ??= makeFolder(dirname(this.path)).then(() => this.openFile(this.temporary));
    return this.file;
  }
}

/** Makes a rename last through a power cut; file systems that cannot sync a folder need none. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
