import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LocalArguments, parseLocalArguments, USAGE } from './arguments';
import { environmentOf, nextSteps, shellExports } from './environment';
import { startStandIns } from '../demo/stand-ins';

const ROOT = path.resolve(__dirname, '..', '..');
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
      console.log(nextSteps(file, standIns.pipeline.stack.stackName));
      await stopping;
    } finally {
      await standIns.stop();
      rmSync(FOLDER, { recursive: true, force: true });
    }
    return 0;
  } catch (error) {
    console.error(`local: ${(error as Error).message}`);
    if (process.env.DEBUG) console.error(error);
    return 1;
  }
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
