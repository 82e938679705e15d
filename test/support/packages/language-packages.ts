import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const FOLDER = path.join(ROOT, '.tmp', 'languages');
const PACMAK = path.join(ROOT, 'node_modules', '.bin', 'jsii-pacmak');
const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

/** jsii says at every start that Node 20 is old. */
export const QUIET = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' };

/** Whether a program can be run. */
export function isThere(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function run(command: string, args: readonly string[], cwd = ROOT): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: QUIET, maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`'${path.basename(command)} ${args.join(' ')}' ended with ${status ?? error?.message}\n${stdout}\n${stderr}`);
}

/** Makes the package of a language of what jsii compiled, in a folder that is emptied first. */
function pack(language: 'python' | 'java', ...options: string[]): string {
  const folder = path.join(FOLDER, 'dist', language);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  run(PACMAK, ['--target', language, '--outdir', path.dirname(folder), ...options]);
  return folder;
}

/**
 * Builds the wheel and installs it beside pinned requirements in a venv, which is kept for the next time.
 *
 * @returns the venv's Python
 */
export function pythonWithWheel(requirements: string): string {
  const venv = path.join(FOLDER, 'venv');
  const python = path.join(venv, 'bin', 'python');
  const pip = (...args: string[]) => run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args]);
  const stamp = path.join(venv, '.stamp');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    rmSync(venv, { recursive: true, force: true });
    run('python3', ['-m', 'venv', venv]);
    pip('--requirement', requirements);
    writeFileSync(stamp, hash);
  }
  const dist = pack('python');
  const wheel = readdirSync(dist).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error(`no wheel in ${dist}: ${readdirSync(dist).join(', ')}`);
  pip('--no-deps', '--force-reinstall', path.join(dist, wheel));
  run(python, ['-m', 'pip', 'check']);
  return python;
}

/**
 * Builds the jar against the lowest aws-cdk-lib allowed and compiles a source file with it.
 *
 * @returns class path to run what was compiled
 */
export function compileWithJar(source: string): string {
  const project = pack('java', '--code-only');
  const pom = path.join(project, 'pom.xml');
  // The ranges would bring in whatever is newest on the day.
  const floor = `<version>[${devDependencies['aws-cdk-lib']}]</version>`;
  const text = readFileSync(pom, 'utf8').replace(/<version>\[([\d.]+),[\d.]+\)<\/version>/g, (_range, lowest: string) => `<version>[${lowest}]</version>`);
  if (!text.includes(floor)) throw new Error(`expected ${floor} in ${pom}`);
  writeFileSync(pom, text);
  const list = path.join(FOLDER, 'class-path');
  run('mvn', ['--quiet', '--batch-mode', '-Dmaven.javadoc.skip', '-Dmaven.source.skip', 'package',
    'dependency:build-classpath', `-Dmdep.outputFile=${list}`], project);
  const target = path.join(project, 'target');
  const jar = readdirSync(target).find((name) => name.endsWith('.jar'));
  if (!jar) throw new Error(`no jar in ${target}: ${readdirSync(target).join(', ')}`);
  const classes = path.join(FOLDER, 'classes');
  rmSync(classes, { recursive: true, force: true });
  mkdirSync(classes, { recursive: true });
  const classPath = [path.join(target, jar), readFileSync(list, 'utf8').trim()].join(path.delimiter);
  run('javac', ['-Xlint:all,-processing', '-Werror', '-d', classes, '-cp', classPath, source]);
  return [classes, classPath].join(path.delimiter);
}

/** Runs an app that synthesises into the folder it is given, or into CDK_OUTDIR, and reads the template of its stack. */
export function templateOf(stack: string, command: string, ...args: string[]): string {
  const outdir = path.join(FOLDER, 'cdk.out');
  rmSync(outdir, { recursive: true, force: true });
  execFileSync(command, [...args, outdir], { cwd: ROOT, env: { ...QUIET, CDK_OUTDIR: outdir }, stdio: ['ignore', 'pipe', 'pipe'] });
  return readFileSync(path.join(outdir, `${stack}.template.json`), 'utf8');
}
