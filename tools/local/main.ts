import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LocalArguments, parseLocalArguments, USAGE } from './arguments';
import { environmentOf, nextSteps, shellExports } from './environment';
import { surviveClosedOutputs } from '../closed-outputs';
import { startStandIns } from '../demo/stand-ins';

const ROOT = path.resolve(__dirname, '..', '..');
/** As shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;
const FOLDER = path.join(ROOT, '.tmp', 'local');

async function main(): Promise<number> {
  surviveClosedOutputs();
  let args: LocalArguments | 'help';
  try {
    args = parseLocalArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`local: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (args === 'help') {
    console.log(USAGE);
    return 0;
  }
  const stopping = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  try {
    const folder = args.run === undefined ? claimFolder() : mkdtempSync(path.join(tmpdir(), 'local-'));
    const standIns = await startStandIns({ ...args, step: (text) => console.log(text) });
    try {
      const environment = environmentOf(standIns, pack(folder));
      if (args.run !== undefined) return await Promise.race([runCommand(args.run, environment), stopping.then(() => INTERRUPTED)]);
      const file = path.join(folder, 'env.sh');
      writeFileSync(file, shellExports(environment), { mode: 0o600 });
      console.log(nextSteps(file, standIns.pipeline.stack.stackName));
      await stopping;
      return 0;
    } finally {
      await standIns.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (error) {
    console.error(`local: ${(error as Error).message}`);
    if (process.env.DEBUG) console.error(error);
    return 1;
  }
}

/** @returns the command's exit code */
async function runCommand(command: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn('sh', ['-c', command], { cwd: ROOT, env: { ...process.env, ...environment }, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? INTERRUPTED));
  });
}

/** Makes the folder that shells look into anew for this process; only one can have it. */
function claimFolder(): string {
  const file = path.join(FOLDER, 'pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  if (pid !== undefined && isAlive(pid)) throw new Error(`process ${pid} has the stand-ins up already: use them (. .tmp/local/env.sh), or end it first`);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  writeFileSync(file, String(process.pid));
  return FOLDER;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @returns the package as a user would get it from npm */
function pack(folder: string): string {
  console.log('packing the package');
  const said = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8' });
  return path.join(folder, said.trim().split('\n').at(-1)!);
}

void main().then((code) => process.exit(code));
