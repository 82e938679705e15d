import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { ROOMS, type Room } from './table';

export const ROOT = path.resolve(__dirname, '..', '..');

/** One file imports another, types included. */
export interface Import {
  /** Path from the project's root. */
  readonly from: string;
  readonly to: string;
  /** The files of the circle that it is part of. */
  readonly circle: readonly string[];
}

interface Cruised {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly {
      readonly resolved: string;
      readonly followable: boolean;
      readonly cycle?: readonly { readonly name: string }[];
    }[];
  }[];
}

/** What dependency-cruiser finds in `folders`; it counts imports of types, which are gone after compilation. */
export function importsIn(folders: readonly string[], root = ROOT): Import[] {
  const output = execFileSync(process.execPath, [
    path.join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'), ...folders, '--no-config', '--ts-pre-compilation-deps',
    '--do-not-follow', 'node_modules', '--exclude', 'node_modules|cdk\\.out', '--output-type', 'json',
  ], { cwd: root, encoding: 'utf8', maxBuffer: 0x8000000 });
  const { modules } = JSON.parse(output) as Cruised;
  return modules.flatMap(({ source, dependencies }) => dependencies.filter(({ followable }) => followable)
    .map(({ resolved, cycle }) => ({ from: source, to: resolved, circle: cycle?.map(({ name }) => name) ?? [] })));
}

/** The room of a file below src/; none for other files. */
export function roomOf(file: string): Room | undefined {
  if (!file.startsWith('src/')) return undefined;
  const parts = file.split('/').slice(1, -1);
  for (; parts.length > 0; parts.pop()) {
    const found = ROOMS.find(({ name }) => name === parts.join('/'));
    if (found) return found;
  }
  return ROOMS.find(({ name }) => name === '.');
}

/** What is wrong: circles of files, imports that the table does not allow, and arrows of the table that run back. */
export function problemsOf(imports: readonly Import[]): string[] {
  return [...circles(imports), ...forbidden(imports), ...backwards()];
}

function circles(imports: readonly Import[]): string[] {
  const seen = new Set<string>();
  return imports.filter(({ circle }) => circle.length > 0).map(({ circle }) => {
    // The same circle is found once from each of its files.
    const at = circle.indexOf([...circle].sort()[0]);
    return [...circle.slice(at), ...circle.slice(0, at + 1)].join(' -> ');
  }).filter((text) => !seen.has(text) && seen.add(text)).map((text) => `circle: ${text}`);
}

function forbidden(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)];
    if (!here) return [];
    if (!there) return [`${from} imports ${to}, which is not below src/`];
    if (here === there || here.mayImport.includes(there.name)) return [];
    return [`${from} imports ${to}: ${here.name} may import ${here.mayImport.join(', ') || 'nothing'}, not ${there.name} (tools/rooms/table.ts)`];
  });
}

function backwards(): string[] {
  return ROOMS.flatMap(({ name, mayImport }, index) => mayImport
    .filter((other) => !ROOMS.slice(0, index).some((lower) => lower.name === other))
    .map((other) => `tools/rooms/table.ts: ${name} may import ${other}, which does not stand above it`));
}

/** Rooms that the table lets import each other but that do not: what is allowed without need. */
export function unusedArrows(imports: readonly Import[]): string[] {
  const used = new Set(imports.map(({ from, to }) => `${roomOf(from)?.name} ${roomOf(to)?.name}`));
  return ROOMS.flatMap(({ name, mayImport }) => mayImport.filter((other) => !used.has(`${name} ${other}`)).map((other) => `${name} -> ${other}`));
}
