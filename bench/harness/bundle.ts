import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

/**
 * As the package ships the extractor: bundled, so that a call between modules is a plain call.
 *
 * @param packages whether packages are bundled too, as what has ES modules among them must be
 */
export async function bundle(files: readonly string[], folder: string, packages: 'external' | 'bundle' = 'external'): Promise<void> {
  await build({
    entryPoints: files.map((file) => join(__dirname, '..', file)),
    outdir: folder,
    entryNames: '[name]',
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    packages,
    logLevel: 'error',
  });
}

/** The port a server prints. */
export async function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(server.stdout!).once('line', resolve);
    server.once('exit', (code) => reject(new Error(`the replay server ended with ${code}`)));
  });
}
