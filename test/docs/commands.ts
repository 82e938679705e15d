import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './markdown-files';

const BIN = path.join(ROOT, 'bin', 'cdk-legacy-to-s3.js');

function help(...args: string[]): string {
  return execFileSync(process.execPath, [BIN, ...args, '--help'], { encoding: 'utf8', env: { ...process.env, COLUMNS: '200' } });
}

/** Options of each command of the command line, as its help lists them. */
export function commandOptions(): ReadonlyMap<string, ReadonlySet<string>> {
  const commandsIn = (text: string) => [...text.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name);
  // A command's commands are told by the first word alone.
  const whole = (...names: string[]): string => [help(...names), ...commandsIn(help(...names)).map((name) => whole(...names, name))].join('');
  return new Map(commandsIn(help()).map((name) => [name, new Set(whole(name).match(/--[a-z][a-z0-9-]*/g))]));
}

/** A use of the command line in a shell text: the command and the options given to it. */
export interface CommandUse {
  readonly command: string;
  readonly options: readonly string[];
}

/** Uses of the command line in a shell block; comments are left out, lines that go on are joined. */
export function commandUses(code: string): CommandUse[] {
  const lines = code.replace(/\\\n/g, ' ').split('\n').map((line) => line.replace(/(^|\s)#.*$/, ''));
  return lines.flatMap((line) => [...line.matchAll(/(?:npx cdk-legacy-to-s3|bin\/cdk-legacy-to-s3\.js)\s+([^|;&]*)/g)])
    .map(([, rest]) => ({ command: rest.trim().split(/\s+/)[0], options: rest.match(/(?<=\s)--[a-z][a-z0-9-]*/g) ?? [] }));
}
