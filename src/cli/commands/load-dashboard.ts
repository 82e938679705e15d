import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as dashboard from '../dashboard';

/** Page and SDK clients are a bundle of their own, beside the command line's, so that `--help` loads none of it. */
export function loadDashboard(): typeof dashboard {
  const fromSource = __filename.endsWith('.ts');
  return createRequire(__filename)(fromSource ? '../dashboard' : join(__dirname, '..', 'dashboard', 'index.js'));
}
