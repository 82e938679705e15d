/**
 * Installs what is missing of the engines that tests read tables with: `node tools/run.js engines [pyiceberg|duckdb|trino|spark|rest ...]`.
 * Ends with 1 when PyIceberg or DuckDB could not be installed; the others may be missing, and their tests are then skipped.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isInstalled, requirementsStamp, stampOf, whyMissing } from './availability';
import {
  type Download, ENGINES, fileOf, REQUIREMENTS, REST_DOWNLOADS, REST_JARS, SPARK_DOWNLOADS, SPARK_JARS, STAMP, TRINO_DOWNLOADS, TRINO_HOME, VENV,
} from './downloads';
import type { InstalledName } from './engine';
import { findJava, JAVA_OF_REST, JAVA_OF_SPARK, JAVA_OF_TRINO } from './java';

// Plain JavaScript, since it runs before anything is installed.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { findPython } = require('../setup.js') as { findPython(): string };
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
/** A registry that hangs must not hang the tests. */
const DEADLINE_MS = 8 * 60_000;

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', process.stderr, process.stderr], timeout: DEADLINE_MS });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Error(`'${command}' is not on the PATH`) : error;
  }
}

/** Makes a folder whole or not at all: what was begun and not ended is made anew. */
function once(folder: string, stamp: string, what: string, make: (folder: string) => void): void {
  if (isInstalled(folder, stamp)) return;
  const started = Date.now();
  console.error(`engines: installing ${what}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make(folder);
  writeFileSync(path.join(folder, STAMP), stamp);
  console.error(`engines: ${what} installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

/** Maven takes the repository, proxy and credentials of the machine's own settings. */
function download(item: Download, folder: string): string {
  run('mvn', ['-B', '-q', '-C', COPY, `-Dartifact=${item.artifact}`, `-DoutputDirectory=${folder}`, '-Dmdep.overWriteReleases=true']);
  const file = path.join(folder, fileOf(item));
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (sha256 !== item.sha256) throw new Error(`${item.artifact} has the SHA-256 ${sha256}, not ${item.sha256}`);
  return file;
}

function installPython(): void {
  once(VENV, requirementsStamp(), 'Python packages of the engines (about 1 GB on disk)', (folder) => {
    run(findPython(), ['-m', 'venv', folder]);
    run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
  });
}

function installTrino(): void {
  if (findJava(JAVA_OF_TRINO) === undefined) return;
  once(TRINO_HOME, stampOf(TRINO_DOWNLOADS), 'Trino (800 MB to download and on disk)', (home) => {
    const folder = path.dirname(home);
    for (const item of TRINO_DOWNLOADS) {
      const archive = download(item, folder);
      const server = item.artifact.endsWith(':tar.gz');
      // Python's modules unpack both on every system; its shutil would leave out the files with '..' in their names. Plugins stand
      // beside those that come with the server.
      run(findPython(), ['-m', server ? 'tarfile' : 'zipfile', '-e', archive, server ? folder : path.join(home, 'plugin')]);
      rmSync(archive);
    }
  });
}

function installSpark(): void {
  if (findJava(JAVA_OF_SPARK) === undefined) return;
  once(SPARK_JARS, stampOf(SPARK_DOWNLOADS), 'Iceberg\'s runtime for Spark (116 MB)', (folder) => {
    for (const item of SPARK_DOWNLOADS) renameSync(download(item, ENGINES), path.join(folder, fileOf(item)));
  });
}

function installRest(): void {
  if (findJava(JAVA_OF_REST) === undefined) return;
  once(REST_JARS, stampOf(REST_DOWNLOADS), 'Apache\'s REST catalog (192 MB)', (folder) => {
    for (const item of REST_DOWNLOADS) renameSync(download(item, ENGINES), path.join(folder, fileOf(item)));
  });
}

const STEPS: { readonly [name in InstalledName]: ReadonlyArray<() => void> } = {
  pyiceberg: [installPython],
  duckdb: [installPython],
  trino: [installTrino],
  spark: [installPython, installSpark],
  rest: [installRest],
};

function install(names: readonly InstalledName[]): void {
  for (const step of new Set(names.flatMap((name) => STEPS[name]))) {
    try {
      step();
    } catch (error) {
      console.error(`engines: ${(error as Error).message}`);
    }
  }
  for (const name of names) {
    const reason = whyMissing(name);
    console.error(`engines: ${name} ${reason === undefined ? 'is ready' : `is missing: ${reason}`}`);
    if (reason !== undefined && (name === 'pyiceberg' || name === 'duckdb')) process.exitCode = 1;
  }
}

const known = Object.keys(STEPS) as InstalledName[];
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(known as string[]).includes(name));
if (unknown !== undefined) {
  console.error(`usage: node tools/run.js engines [${known.join('|')} ...]; got '${unknown}'`);
  process.exitCode = 2;
} else {
  install(asked.length > 0 ? asked as InstalledName[] : known);
}
