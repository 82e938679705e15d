import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as tables from '../../tables';

/** Iceberg's formats and SDK clients are a bundle of their own, beside the command line's, so that `--help` loads none of it. */
export function loadTables(): typeof tables {
  const fromSource = __filename.endsWith('.ts');
  return createRequire(__filename)(fromSource ? '../../tables' : join(__dirname, '..', 'tables', 'index.js'));
}
