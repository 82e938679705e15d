import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Clients that are not Node programs. They run when they are installed; nothing of them is needed. */

/** What a client took for a table. */
export interface Measured {
  readonly rows: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly peakRssMb: number;
  readonly version?: string;
}

/** @returns nothing when the client is not installed */
export type Rival = (port: string, rows: number, warmUpRows: number) => Promise<Measured | undefined>;

const run = promisify(execFile);
const VENV_PYTHON = path.join(__dirname, '../.venv/bin/python');
/** mssql-python's ODBC manager needs it and the wheel lacks it; the tests unpack Debian's package here. */
const LIBLTDL = 'libltdl.so.7';
const LIBLTDL_CACHE = path.join(__dirname, '../node_modules/.cache/libltdl7');

export const RIVALS: { readonly [name: string]: Rival } = {
  'mssql-python-zstd': mssqlPython('zstd'),
  'mssql-python-snappy': mssqlPython('snappy'),
  freebcp,
};

/** Prints what a program took, as JSON: the resources of a child are what Node does not tell. */
const MEASURE = `
import json, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpuSeconds": used.ru_utime + used.ru_stime, "seconds": time.monotonic() - start, "peakRssMb": used.ru_maxrss / 1024}))
`;

/** FreeTDS's bcp (Debian freetds-bin) to character data, its documented way out; nothing to warm up. */
async function freebcp(port: string, rows: number): Promise<Measured | undefined> {
  const version = await run('tsql', ['-C']).then(({ stdout }) => /freetds v([\d.]+)/.exec(stdout)?.[1], () => undefined);
  if (version === undefined || !existsSync(VENV_PYTHON)) return undefined;
  return inFolder(async (folder) => {
    const file = path.join(folder, 'table.txt');
    const query = `select top ${rows} * from dbo.Transactions`;
    const { stdout } = await run(VENV_PYTHON, [
      '-c', MEASURE, 'freebcp', query, 'queryout', file, '-S', `127.0.0.1:${port}`, '-U', 'reader', '-P', 'any', '-c', '-t', ',',
    ], { env: { ...process.env, TDSVER: '7.4' } });
    const { stdout: counted } = await run('wc', ['-l', file]);
    return { ...JSON.parse(stdout) as Omit<Measured, 'rows'>, rows: parseInt(counted, 10), version: `FreeTDS ${version}` };
  });
}

function mssqlPython(compression: string): Rival {
  return async (port, rows, warmUpRows) => {
    const libraries = libltdlFolder();
    if (!existsSync(VENV_PYTHON) || libraries === undefined || !imports('mssql_python, pyarrow', libraries)) return undefined;
    return inFolder(async (folder) => {
      const script = path.join(__dirname, 'mssql_python_parquet.py');
      const { stdout } = await run(
        VENV_PYTHON, [script, port, String(rows), String(warmUpRows), folder, compression], { env: withLibraries(libraries) },
      );
      return JSON.parse(stdout) as Measured;
    });
  };
}

function imports(modules: string, libraries: string): boolean {
  try {
    execFileSync(VENV_PYTHON, ['-c', `import ${modules}`], { stdio: 'ignore', env: withLibraries(libraries) });
    return true;
  } catch {
    return false;
  }
}

/** '' when the system has the library, nothing when there is none. */
function libltdlFolder(): string | undefined {
  try {
    if (execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).includes(LIBLTDL)) return '';
  } catch {
    // Not a system with ldconfig; the cache may still have it.
  }
  if (!existsSync(LIBLTDL_CACHE)) return undefined;
  const found = readdirSync(LIBLTDL_CACHE, { recursive: true }).map(String).find((file) => file.endsWith(LIBLTDL));
  return found && path.join(LIBLTDL_CACHE, path.dirname(found));
}

function withLibraries(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(process.env.BENCH_TMPDIR ?? tmpdir(), 'bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
