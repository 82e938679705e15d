import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(__dirname, '..', '..');
const ASSET = path.join(ROOT, 'assets', 'recorder', 'index.js');

/** Made by this test file. */
let made: string | undefined;

/**
 * The bundled recorder: the packaged asset when nothing it is made of changed since, else a bundle made the same way in
 * a temporary folder, which {@link removeRecorderBundle} removes.
 */
export function recorderBundle(): string {
  if (made === undefined && isFresh(ASSET)) return ASSET;
  return made ??= bundle(path.join(mkdtempSync(path.join(tmpdir(), 'recorder-bundle-')), 'index.js'));
}

/** Removes what {@link recorderBundle} made. */
export function removeRecorderBundle(): void {
  if (made !== undefined) rmSync(path.dirname(made), { recursive: true });
  made = undefined;
}

function bundle(outfile: string): string {
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['src/handlers/record-object.lambda.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    alias: { '@aws-sdk/credential-provider-node': path.join(ROOT, 'src', 'handlers', 'lambda-credentials.ts') },
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
