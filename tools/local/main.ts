import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LocalArguments, parseLocalArguments, USAGE } from './arguments';
import { environmentOf, nextSteps, shellExports } from './environment';
import { startStandIns } from '../demo/stand-ins';

const ROOT = path.resolve(__dirname, '..', '..');
/** As shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;
const FOLDER = path.join(ROOT, '.tmp', 'local');

async function main(): Promise<number> {
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
    const standIns = await startStandIns({ ...args, step: (text) => console.log(text) });
    try {
      const environment = environmentOf(standIns, pack());
      const file = path.join(FOLDER, 'env.sh');
      writeFileSync(file, shellExports(environment), { mode: 0o600 });
      chmodSync(file, 0o600);
      if (args.run !== undefined) return await Promise.race([runCommand(args.run, environment), stopping.then(() => INTERRUPTED)]);
      console.log(nextSteps(file, standIns.pipeline.stack.stackName));
      await stopping;
      return 0;
    } finally {
      await standIns.stop();
      rmSync(FOLDER, { recursive: true, force: true });
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

/** @returns the package as a user would get it from npm */
function pack(): string {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  console.log('packing the package');
  const [name] = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', FOLDER], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n').slice(-1);
  return path.join(FOLDER, name);
}

void main().then((code) => process.exit(code));
