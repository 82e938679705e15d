/** Writes examples/dashboard.json: `npx tsx tools/dashboard-json/write.ts`. */
import * as fs from 'fs';
import * as path from 'path';
import { dashboardJson } from './make-body';

fs.writeFileSync(path.join(__dirname, '..', '..', 'examples', 'dashboard.json'), dashboardJson());
