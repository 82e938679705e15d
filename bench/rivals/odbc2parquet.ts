import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { withLibltdl } from './libltdl';
import { findProgram, findPython, inFolder } from './programs';
import { canMeasureProcesses, measureProcess } from './whole-process';
import type { Rival } from '../harness/measured';
import { selectSql } from '../harness/request';

const run = promisify(execFile);

/** odbc2parquet (cargo install odbc2parquet) over Microsoft's ODBC driver, with its defaults but for the compression's name. */
export function odbc2parquet(compression: 'zstd' | 'snappy'): Rival {
  return async ({ port, rows, packetSize }) => {
    const program = findProgram('odbc2parquet', 'BENCH_ODBC2PARQUET');
    const driver = program && findDriver();
    const env = withLibltdl();
    if (!program || !driver || !env || !canMeasureProcesses()) return undefined;
    return inFolder(async (folder) => {
      const connection = `Driver=${driver};Server=127.0.0.1,${port};Database=bench;UID=reader;PWD=any;Encrypt=no;TrustServerCertificate=yes;PacketSize=${packetSize}`;
      const { stderr, ...measured } = await measureProcess([
        program, '--verbose', '--no-color', 'query', '--connection-string', connection, '--column-compression-default', compression,
        path.join(folder, 'table.par'), selectSql(rows),
      ], env);
      const { stdout: version } = await run(program, ['--version'], { env });
      const driverVersion = /libmsodbcsql-([\d.]+)\.so/.exec(driver)?.[1] ?? 'of unknown version';
      return {
        ...measured,
        rows: Number(/total_rows_fetched=(\d+)/.exec(stderr)?.[1] ?? 0),
        version: `${version.trim()}, msodbcsql ${driverVersion}`,
      };
    });
  };
}

/** File of Microsoft's ODBC driver: BENCH_MSODBC, else the one in mssql-python's wheel for this system. */
function findDriver(): string | undefined {
  const named = process.env.BENCH_MSODBC;
  if (named) {
    if (!existsSync(named)) throw new Error(`BENCH_MSODBC=${named}: no such file`);
    return named;
  }
  const python = findPython();
  if (process.platform !== 'linux' || python === undefined) return undefined;
  try {
    const libraries = execFileSync(python, ['-c', 'import mssql_python_odbc as odbc; print(odbc.get_libs_dir())'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const folder = path.join(libraries.trim(), 'linux', distribution(), process.arch === 'x64' ? 'x86_64' : process.arch, 'lib');
    const file = readdirSync(folder).find((name) => name.startsWith('libmsodbcsql-'));
    return file && path.join(folder, file);
  } catch {
    return undefined;
  }
}

/** Folder of the wheel, by what /etc/os-release tells. */
function distribution(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].map(([, id]) => id).join(' ');
  return /alpine/.test(ids) ? 'alpine' : /suse/.test(ids) ? 'suse' : /rhel|fedora|centos/.test(ids) ? 'rhel' : 'debian_ubuntu';
}
