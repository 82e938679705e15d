import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** What a bundle is made of. */
interface BundleSource {
  readonly entry: string;
  /** Folders in which all of its own code lies. */
  readonly folders: readonly string[];
  /** Copied beside it, from node_modules. */
  readonly files?: readonly string[];
}

const handler = (name: string): BundleSource => ({ entry: `src/handlers/${name}.lambda.ts`, folders: ['src/handlers', 'src/contract'] });

/** Name of a bundle of Lambda functions. */
export type HandlerBundle = 'recorder' | 'run-completion' | 'replay' | 'extraction';

const SOURCES: { readonly [name in HandlerBundle]: BundleSource } = {
  'recorder': handler('record-object'),
  'run-completion': { ...handler('run-completion'), folders: ['src/handlers', 'src/contract', 'src/codec', 'src/iceberg'] },
  'replay': handler('replay'),
  'extraction': {
    entry: 'src/extractor/workers/index.ts',
    folders: ['src/extractor', 'src/contract', 'src/codec', 'src/handlers/shared'],
    files: ['@foxglove/wasm-zstd/dist/wasm-zstd.wasm'],
  },
};

/** Made by this test file. */
const made = new Map<HandlerBundle, string>();

/**
 * A handler's bundle: the packaged asset when nothing it is made of changed since, else a bundle made the same way in a
 * temporary folder, which {@link removeHandlerBundles} removes.
 */
export function handlerBundle(name: HandlerBundle): string {
  const asset = path.join(ROOT, 'assets', name, 'index.js');
  if (!made.has(name) && isFresh(asset, SOURCES[name])) return asset;
  if (!made.has(name)) made.set(name, bundle(name, path.join(mkdtempSync(path.join(tmpdir(), `${name}-bundle-`)), 'index.js')));
  return made.get(name)!;
}

/** Removes what {@link handlerBundle} made. */
export function removeHandlerBundles(): void {
  for (const file of made.values()) rmSync(path.dirname(file), { recursive: true });
  made.clear();
}

function bundle(name: HandlerBundle, outfile: string): string {
  const { entry, files = [] } = SOURCES[name];
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    alias: {
      '@aws-sdk/credential-provider-node': path.join(ROOT, 'src', 'handlers', 'shared', 'lambda-credentials.ts'),
      '@azure/identity': path.join(ROOT, 'src', 'extractor', 'source', 'connection', 'azure-identity.ts'),
    },
    legalComments: 'none',
    logLevel: 'error',
    logOverride: { 'require-resolve-not-external': 'silent' },
    define: { 'process.env.CDK_LEGACY_TO_S3_VERSION': '"0.0.0"' },
  });
  for (const file of files) copyFileSync(path.join(ROOT, 'node_modules', file), path.join(path.dirname(outfile), path.basename(file)));
  return outfile;
}

function isFresh(asset: string, { folders }: BundleSource): boolean {
  if (!existsSync(asset)) return false;
  const built = statSync(asset).mtimeMs;
  return [...folders, 'tools/build'].every((folder) => newestBelow(path.join(ROOT, folder)) <= built);
}

function newestBelow(folder: string): number {
  return Math.max(...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(path.join(folder, name)).mtimeMs));
}
