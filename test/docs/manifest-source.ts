import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './markdown-files';

/** The source of all interfaces that a manifest is made of. */
export const MANIFEST_SOURCE = [
  ...['manifest.ts', 'manifest-table.ts'].map(sourceOf),
  // Beside what a chain keeps.
  ...sourceOf('changes.ts').split(/^(?=export )/m).filter((each) => /^export interface (?:ChangeMark|ManifestChanges|SeenRows|ManifestBase) /.test(each)),
].join('\n');

function sourceOf(name: string): string {
  return readFileSync(path.join(ROOT, 'src', 'contract', name), 'utf8');
}
