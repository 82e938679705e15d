import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Download, REQUIREMENTS, REST_DOWNLOADS, REST_JARS, SPARK_DOWNLOADS, SPARK_JARS, STAMP, TRINO_DOWNLOADS, TRINO_HOME, VENV } from './downloads';
import type { InstalledName } from './engine';
import { findJava, JAVA_OF_REST, JAVA_OF_SPARK, JAVA_OF_TRINO, type JavaRange } from './java';

/** What a folder is installed from, as its stamp has it. */
export const stampOf = (downloads: readonly Download[]) => JSON.stringify(downloads);

/** The same of the Python packages. */
export const requirementsStamp = () => createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');

/** Whether a folder is whole and of these versions. */
export function isInstalled(folder: string, stamp: string): boolean {
  const file = path.join(folder, STAMP);
  return existsSync(file) && readFileSync(file, 'utf8') === stamp;
}

const INSTALL = '\'node tools/run.js engines\' installs it';

function noJava(range: JavaRange): string | undefined {
  if (findJava(range) !== undefined) return undefined;
  return `no Java ${range.from}${range.to === undefined ? ' or newer' : ` to ${range.to}`} by JAVA_HOME, on the PATH or in the usual folders`;
}

const noPython = () => isInstalled(VENV, requirementsStamp()) ? undefined : `its Python packages are not installed: ${INSTALL}`;
const noFiles = (folder: string, downloads: readonly Download[]) => isInstalled(folder, stampOf(downloads)) ? undefined : `not installed: ${INSTALL}`;

/** Why an engine cannot be started here; undefined when it can. */
export function whyMissing(engine: InstalledName): string | undefined {
  switch (engine) {
    case 'trino': return noJava(JAVA_OF_TRINO) ?? noFiles(TRINO_HOME, TRINO_DOWNLOADS);
    case 'spark': return noJava(JAVA_OF_SPARK) ?? noPython() ?? noFiles(SPARK_JARS, SPARK_DOWNLOADS);
    case 'rest': return noJava(JAVA_OF_REST) ?? noFiles(REST_JARS, REST_DOWNLOADS);
    default: return noPython();
  }
}
