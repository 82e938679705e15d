import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { withLibltdl } from './libltdl';
import { findPython, inFolder } from './programs';
import { RIVAL_TIMEOUT_MS, type Measured, type Rival } from '../harness/measured';

const run = promisify(execFile);

interface PythonClient {
  /** Of this folder. */
  readonly script: string;
  readonly modules: string;
  /** Names the interpreter that has the modules. */
  readonly variable?: string;
}

/** A client that is a Python package, with pyarrow's Parquet writer behind it. */
export function pythonClient({ script, modules, variable }: PythonClient, compression: 'zstd' | 'snappy'): Rival {
  return async ({ port, rows, warmUpRows, packetSize }) => {
    const python = findPython(variable);
    const env = withLibltdl();
    if (!python || !env || !imports(python, modules, env)) return undefined;
    return inFolder(async (folder) => {
      const args = [path.join(__dirname, script), port, String(rows), String(warmUpRows), String(packetSize), folder, compression];
      const { stdout } = await run(python, args, { env, timeout: RIVAL_TIMEOUT_MS });
      return JSON.parse(stdout) as Measured;
    });
  };
}

function imports(python: string, modules: string, env: NodeJS.ProcessEnv): boolean {
  try {
    execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore', env });
    return true;
  } catch {
    return false;
  }
}
