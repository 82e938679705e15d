import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Microsoft's ODBC driver needs it and mssql-python's wheel lacks it; the tests unpack Debian's package into the cache. */
const LIBLTDL = 'libltdl.so.7';
const CACHE = path.join(__dirname, '../../node_modules/.cache/libltdl7');

/** Environment of a program that loads the driver; nothing when the library is nowhere. */
export function withLibltdl(): NodeJS.ProcessEnv | undefined {
  const folder = libltdlFolder();
  return folder === undefined ? undefined : { ...process.env, LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };
}

/** '' when the system has the library. */
function libltdlFolder(): string | undefined {
  try {
    if (execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).includes(LIBLTDL)) return '';
  } catch {
    // Not a system with ldconfig; the cache may still have it.
  }
  if (!existsSync(CACHE)) return undefined;
  const found = readdirSync(CACHE, { recursive: true }).map(String).find((file) => file.endsWith(LIBLTDL));
  return found && path.join(CACHE, path.dirname(found));
}
