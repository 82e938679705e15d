import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LegacyToS3Error, type ErrorCode } from '../../api/errors';

/**
 * Makes a folder and those above it. `mkdir` of Node with `recursive` never returns where a file system answers ENOENT
 * although the parent is there (such as /proc); this tries each folder once.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdirOrFound(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdirOrFound(path);
  }
}

async function mkdirOrFound(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // Some file systems name another cause (EROFS, EACCES) for a folder that is there.
    const found = await stat(path).catch(() => undefined);
    if (!found?.isDirectory()) throw error;
  }
}

const CODES: { readonly [errno: string]: readonly [ErrorCode, string] } = {
  ENOSPC: ['TARGET_FULL', 'no space is left on the device'],
  EDQUOT: ['TARGET_FULL', 'the disk quota is used up'],
  EFBIG: ['TARGET_FULL', 'the file would be larger than the file system or a limit allows'],
  EACCES: ['TARGET_ACCESS_DENIED', 'permission denied'],
  EPERM: ['TARGET_ACCESS_DENIED', 'operation not permitted'],
  EROFS: ['TARGET_ACCESS_DENIED', 'the file system is read-only'],
  ENOENT: ['TARGET_NOT_FOUND', 'no such file or folder'],
  ENOTDIR: ['TARGET_NOT_FOUND', 'a part of the path is not a folder'],
  EEXIST: ['TARGET_NOT_FOUND', 'a part of the path is not a folder'],
  ENAMETOOLONG: ['TARGET_WRITE_FAILED', 'the name is longer than the file system allows'],
};

/** Turns a failed file operation into an error that says what to do about `path`. */
export function toFileError(error: unknown, path: string, verb = 'write'): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) return error;
  const errno = (error as NodeJS.ErrnoException)?.code ?? '';
  const [code, reason] = CODES[errno] ?? ['TARGET_WRITE_FAILED', (error as Error)?.message ?? String(error)];
  return new LegacyToS3Error(code, `cannot ${verb} ${path}: ${reason}${errno ? ` (${errno})` : ''}`, { cause: error });
}
