import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A program that is not part of the project: the file that an environment variable names, else the one on PATH.
 *
 * @returns nothing when it is not installed
 * @throws Error when the variable names a file that cannot be run
 */
export function findProgram(name: string, variable: string): string | undefined {
  const named = process.env[variable];
  if (named) {
    if (!isExecutable(named)) throw new Error(`${variable}=${named}: no program of that name`);
    return named;
  }
  return (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, name)).find(isExecutable);
}

const VENV_PYTHON = path.join(__dirname, '../../.venv/bin/python');

/** The Python that has a client's packages: BENCH_PYTHON or another variable's, else that of the project's .venv, else python3. */
export function findPython(variable = 'BENCH_PYTHON'): string | undefined {
  return process.env[variable] || !existsSync(VENV_PYTHON) ? findProgram('python3', variable) : VENV_PYTHON;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a client writes to; gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(process.env.BENCH_TMPDIR ?? tmpdir(), 'bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
