import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Majors of Java that a program runs on, both included. */
export interface JavaRange {
  readonly from: number;
  readonly to?: number;
}

/** https://trino.io/docs/476/installation/deployment.html#java-runtime-environment */
export const JAVA_OF_TRINO: JavaRange = { from: 24 };
/** Hadoop's login, which Spark 4.0 begins with, needs what Java 24 removed: https://openjdk.org/jeps/486 */
export const JAVA_OF_SPARK: JavaRange = { from: 17, to: 23 };

/** Apache's releases are compiled for 11; the server is tried on these. */
export const JAVA_OF_REST: JavaRange = { from: 17 };

/** Folders that hold one folder a JVM: of Debian and Red Hat, of macOS, of SDKMAN, and of the runners of GitHub. */
const FOLDERS = [
  '/usr/lib/jvm', '/usr/java', '/opt/java', '/opt', '/Library/Java/JavaVirtualMachines',
  path.join(homedir(), '.sdkman', 'candidates', 'java'), path.join(homedir(), '.jdks'), '/opt/hostedtoolcache/Java_Temurin-Hotspot_jdk',
];

function homes(): string[] {
  const named = Object.entries(process.env).filter(([name]) => /^JAVA_HOME(_\d+_\w+)?$/.test(name)).map(([, home]) => home!);
  const found = FOLDERS.filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).sort().map((name) => path.join(folder, name)));
  // The one of the PATH has no folder to look for.
  return [...named, '', ...found.flatMap((home) => [home, path.join(home, 'Contents', 'Home'), path.join(home, 'x64')])];
}

const majors = new Map<string, number | undefined>();

/** Major version of a `java` program; undefined when it does not run. */
function majorOf(java: string): number | undefined {
  if (!majors.has(java)) majors.set(java, ask(java));
  return majors.get(java);
}

function ask(java: string): number | undefined {
  try {
    // One line, on standard output: `openjdk 25.0.3 2026-04-21 LTS`.
    const text = execFileSync(java, ['--version'], { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(/ (\d+)/.exec(text)?.[1]);
  } catch {
    return undefined;
  }
}

/** The first `java` program of a range: of JAVA_HOME, of the PATH, of the usual folders. */
export function findJava({ from, to = Number.POSITIVE_INFINITY }: JavaRange): string | undefined {
  return homes().map((home) => home === '' ? 'java' : path.join(home, 'bin', 'java')).find((java) => {
    if (java !== 'java' && !existsSync(java)) return false;
    const major = majorOf(java);
    return major !== undefined && major >= from && major <= to;
  });
}
