import { join } from 'node:path';

/** What a thread loads: this file itself where it is bundled; else the bundle, since a thread loads no TypeScript. */
export function engineBundle(): string {
  return __filename.endsWith('.ts') ? join(__dirname, '..', '..', '..', '..', 'assets', 'extractor', 'index.js') : __filename;
}
