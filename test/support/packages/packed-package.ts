import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..', '..');
export const TARBALL = path.join(ROOT, '.tmp', 'package', 'cdk-legacy-to-s3.tgz');

/** A folder whose node_modules hold the packed package, unpacked, and links to what a user would install beside it. */
export function consumerFolder(): string {
  if (!existsSync(TARBALL)) throw new Error('no tarball in .tmp/package: run npm test, which packs it');
  const folder = mkdtempSync(path.join(tmpdir(), 'consumer-'));
  const modules = path.join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  rmSync(path.join(modules, 'cdk-legacy-to-s3'), { force: true });
  execFileSync('tar', ['-xzf', TARBALL, '-C', modules]);
  renameSync(path.join(modules, 'package'), path.join(modules, 'cdk-legacy-to-s3'));
  return folder;
}
