import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

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
