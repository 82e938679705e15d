import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** Loaded by the engine from beside its bundle. */
const WASM = ['@foxglove/wasm-zstd/dist/wasm-zstd.wasm'];

let made: string | undefined;

/** The command line and its engine, bundled as the package has them: `bin/` and `assets/` in a folder of their own. */
export function cliBundle(): string {
  if (made !== undefined) return made;
  const folder = mkdtempSync(path.join(tmpdir(), 'cli-bundle-'));
  cpSync(path.join(ROOT, 'bin'), path.join(folder, 'bin'), { recursive: true });
  bundle(folder, 'cli', { entryPoints: ['src/cli/main.ts'] });
  bundle(folder, 'extractor', {
    entryPoints: ['src/extractor/engine.ts'],
    alias: { '@azure/identity': path.join(ROOT, 'src', 'extractor', 'source', 'connection', 'azure-identity.ts') },
  });
  bundle(folder, 'dashboard', { entryPoints: ['src/cli/dashboard/index.ts'] });
  bundle(folder, 'tables', { entryPoints: ['src/cli/tables/index.ts'] });
  cpSync(path.join(ROOT, 'assets', 'dashboard', 'page'), path.join(folder, 'assets', 'dashboard', 'page'), { recursive: true });
  for (const file of WASM) copyFileSync(path.join(ROOT, 'node_modules', file), path.join(folder, 'assets', 'extractor', path.basename(file)));
  return made = folder;
}

/** Removes what {@link cliBundle} made. */
export function removeCliBundle(): void {
  if (made !== undefined) rmSync(made, { recursive: true });
  made = undefined;
}

function bundle(folder: string, name: string, options: BuildOptions): void {
  buildSync({
    absWorkingDir: ROOT,
    outfile: path.join(folder, 'assets', name, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    logLevel: 'error',
    ...options,
  });
}
