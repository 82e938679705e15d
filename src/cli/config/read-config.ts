import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import { unknownName } from './nested-kinds';
import { SETTINGS, type SettingValues } from './settings';
import type { InnerProblem } from './value-kind';
import { LegacyToS3Error } from '../../extractor/doors/public';

const BY_KEY = new Map(SETTINGS.map((setting) => [setting.key, setting]));

/**
 * Reads a config file (YAML; JSON is YAML).
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG that names file and line of each problem, and the nearest key or what is allowed
 */
export function readConfig(path: string): SettingValues {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the config file '${path}': ${(error as Error).message}`, { cause: error });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineOf = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  const problems = document.errors.map(({ pos, message }) => `line ${lineOf(pos[0])}: ${message.split('\n')[0].replace(/ at line \d+, column \d+:$/, '')}`);
  const values = new Map<string, unknown>();
  if (problems.length === 0 && document.contents !== null) {
    if (isMap(document.contents)) readMap(document.contents, '');
    else problems.push(`line ${lineOf(document.contents.range?.[0])}: expected keys such as source and target`);
  }
  if (problems.length > 0) throw new LegacyToS3Error('INVALID_CONFIG', `${path}, ${problems.join('; ')}`);
  return values;

  /** Of the key, or the entry of a list, that a path leads to. */
  function lineIn(node: Node, keys: InnerProblem['path']): number | undefined {
    const last = keys[keys.length - 1];
    const parent = keys.length === 1 ? node : (node as YAMLMap).getIn(keys.slice(0, -1), true);
    const inMap = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === last)?.key : undefined;
    const found = isSeq(parent) ? parent.items[last as number] : inMap;
    const offset = (found as Node | undefined)?.range?.[0];
    return offset === undefined ? undefined : lineOf(offset);
  }

  function readMap(map: YAMLMap, prefix: string): void {
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const full = `${prefix}${name}`;
      const line = lineOf((key as Node).range?.[0]);
      const setting = BY_KEY.get(full);
      const below = keysBelow(`${full}.`);
      if (setting) {
        const told = (value as Node | null)?.toJS(document) as unknown;
        const parsed = setting.takes.parse(told);
        const inner = parsed === undefined ? setting.takes.problemsIn?.(full, told) ?? [] : [];
        if (parsed !== undefined) values.set(full, parsed);
        else if (inner.length === 0) problems.push(`line ${line}: ${full} must be ${setting.takes.expected}, got ${JSON.stringify(told ?? null)}`);
        for (const each of inner) problems.push(`line ${lineIn(value as Node, each.path) ?? line}: ${each.message}`);
      } else if (below.length > 0) {
        if (isMap(value)) readMap(value, `${full}.`);
        else problems.push(`line ${line}: ${full} must have keys: ${below.join(', ')}`);
      } else {
        problems.push(`line ${line}: ${unknownKey(full, prefix)}`);
      }
    }
  }
}

/** The keys right below a prefix. */
function keysBelow(prefix: string): string[] {
  return [...new Set(SETTINGS.filter(({ key }) => key.startsWith(prefix)).map(({ key }) => key.slice(prefix.length).split('.')[0]))];
}

function unknownKey(full: string, prefix: string): string {
  if (/(^|\.)password$/i.test(full)) {
    return `${full} does not belong in a file: set the environment variable LEGACY_TO_S3_PASSWORD, or another one that source.passwordFromEnv names`;
  }
  if (full === 'source.connectionString') return `${full} does not belong in a file: put it into an environment variable, which source.connectionStringFromEnv names`;
  return unknownName(prefix, full.slice(prefix.length), keysBelow(prefix));
}
