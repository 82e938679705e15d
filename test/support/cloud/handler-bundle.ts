import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(__dirname, '..', '..', '..');

const ENTRIES = { 'recorder': 'record-object', 'run-completion': 'run-completion', 'replay': 'replay' } as const;

/** Name of a handler's bundle. */
export type HandlerBundle = keyof typeof ENTRIES;

/** Made by this test file. */
const made = new Map<HandlerBundle, string>();

/**
 * A handler's bundle: the packaged asset when nothing it is made of changed since, else a bundle made the same way in a
 * temporary folder, which {@link removeHandlerBundles} removes.
 */
export function handlerBundle(name: HandlerBundle): string {
  const asset = path.join(ROOT, 'assets', name, 'index.js');
  if (!made.has(name) && isFresh(asset)) return asset;
  if (!made.has(name)) made.set(name, bundle(name, path.join(mkdtempSync(path.join(tmpdir(), `${name}-bundle-`)), 'index.js')));
  return made.get(name)!;
}

/** Removes what {@link handlerBundle} made. */
export function removeHandlerBundles(): void {
  for (const file of made.values()) rmSync(path.dirname(file), { recursive: true });
  made.clear();
}

function bundle(name: HandlerBundle, outfile: string): string {
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [`src/handlers/${ENTRIES[name]}.lambda.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    alias: { '@aws-sdk/credential-provider-node': path.join(ROOT, 'src', 'handlers', 'shared', 'lambda-credentials.ts') },
    legalComments: 'none',
    logLevel: 'error',
  });
  return outfile;
}

function isFresh(asset: string): boolean {
  if (!existsSync(asset)) return false;
  const built = statSync(asset).mtimeMs;
  return ['src/handlers', 'src/contract', 'tools/build'].every((folder) => newestBelow(path.join(ROOT, folder)) <= built);
}

function newestBelow(folder: string): number {
  return Math.max(...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(path.join(folder, name)).mtimeMs));
}
