import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './markdown-files';

/** The source of all interfaces that a manifest is made of. */
export const MANIFEST_SOURCE = ['manifest.ts', 'manifest-table.ts']
  .map((name) => readFileSync(path.join(ROOT, 'src', 'contract', name), 'utf8')).join('\n');
