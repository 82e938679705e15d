import { execFileSync, spawn } from 'child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'fs';
import { tmpdir } from 'os';
import path from 'path';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const PYTHON = path.join(ROOT, '.venv', 'bin', 'python');
const LIBRARY = 'libltdl.so.7';
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'libltdl7');

export interface PythonAnswer {
  readonly columns: string[];
  /** Values in the text form of read_with_mssql_python.py; null for NULL. */
  readonly rows: Array<Array<string | null>>;
  readonly error?: string;
}

/**
 * Folder of libltdl, which mssql-python's ODBC manager needs and its wheel lacks: '' when the system has it, otherwise
 * Debian's package, unpacked under node_modules/.cache. Throws when there is neither.
 */
function libltdlFolder(): string {
  const known = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  if (known.includes(LIBRARY)) {
    return '';
  }
  const unpacked = () => (existsSync(CACHE) ? readdirSync(CACHE, { recursive: true }).map(String).find((file) => file.endsWith(LIBRARY)) : undefined);
  if (!unpacked()) {
    const folder = mkdtempSync(path.join(tmpdir(), 'libltdl7-'));
    execFileSync('apt-get', ['download', 'libltdl7'], { cwd: folder, stdio: 'ignore' });
    mkdirSync(CACHE, { recursive: true });
    execFileSync('dpkg-deb', ['-x', path.join(folder, readdirSync(folder)[0]), CACHE]);
  }
  return path.join(CACHE, path.dirname(unpacked()!));
}

/** Why mssql-python cannot run here; undefined when it can. */
export function pythonClientProblem(): string | undefined {
  if (!existsSync(PYTHON)) {
    return `${PYTHON} does not exist`;
  }
  try {
    libltdlFolder();
    return undefined;
  } catch (error) {
    return `${LIBRARY} is neither installed nor to be had: ${(error as Error).message}`;
  }
}

/** What a connection needs; a stand-in has it. */
export interface PythonServer {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Runs queries through mssql-python in a process of its own; the password goes over its standard input. */
export async function readWithPython(
  server: PythonServer, queries: unknown[][], connection: Record<string, string> = {}, environment: Record<string, string> = {},
): Promise<PythonAnswer[]> {
  const properties = {
    Server: `${server.host},${server.port}`,
    Database: server.database,
    UID: server.user,
    PWD: server.password,
    Encrypt: 'yes',
    TrustServerCertificate: 'yes',
    ...connection,
  };
  const child = spawn(PYTHON, [path.join(__dirname, 'read_with_mssql_python.py')], {
    env: { ...process.env, ...environment, LD_LIBRARY_PATH: [libltdlFolder(), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') },
  });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
  child.stdin.end(JSON.stringify({ connection: Object.entries(properties).map(([name, value]) => `${name}=${value}`).join(';'), queries }));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) {
    throw new Error(`mssql-python ended with ${code}: ${errors}`);
  }
  return JSON.parse(out) as PythonAnswer[];
}
