/**
 * Takes the pictures of docs/images from a run on the stand-ins: `npx tsx tools/docs/screenshots.ts`. What they show is
 * what the pipeline recorded; it takes two minutes, so that the lines have more than one point.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { takeScreenshot } from '../browser/screenshot';
import { showDashboard } from '../demo/dashboard';
import { startStandIns } from '../demo/stand-ins';
import { environmentOf } from '../local/environment';

const ROOT = path.resolve(__dirname, '..', '..');
const IMAGES = path.join(ROOT, 'docs', 'images');
const CLI = path.join(ROOT, 'bin', 'cdk-legacy-to-s3.js');

/** Tables of each run, one run after the other. */
const RUNS = ['ledger.*', 'dbo.Accounts', 'dbo.Customers,dbo.AuditLog', 'dbo.AllTypes', 'dbo.Transactions', '*'];
const PAUSE_MS = 12_000;

const PICTURES = [
  { file: 'dashboard.png', theme: 'light', width: 1400, height: 1140, opened: false },
  { file: 'dashboard-dark.png', theme: 'dark', width: 1400, height: 900, opened: true },
  { file: 'dashboard-narrow.png', theme: 'light', width: 420, height: 900, opened: false },
] as const;

async function main(): Promise<void> {
  const standIns = await startStandIns({ transactions: 100_000, app: 'examples/quickstart/app.ts', step: (text) => console.log(text) });
  try {
    const { source, cloud, pipeline } = standIns;
    const env = { ...process.env, ...environmentOf(standIns, '') };
    for (const tables of RUNS) {
      await promisify(execFile)(process.execPath, [
        CLI, 'extract', '--server', 'localhost', '--port', String(source.port), '--ca-file', source.caFile, '--user', source.user,
        '--database', source.database, '--tables', tables, '--stack', pipeline.stack.stackName,
      ], { env });
      console.log(`landed ${tables}`);
      await setTimeout(PAUSE_MS);
    }
    const page = await showDashboard(cloud, pipeline);
    try {
      for (const { file, opened, ...picture } of PICTURES) {
        await takeScreenshot({
          url: page.url,
          file: path.join(IMAGES, file),
          fullPage: false,
          scale: 1,
          ...picture,
          ready: async (shown) => {
            if (!opened) return;
            await shown.locator('#runs button.open').first().click();
            await shown.locator('#runs tr.detail:visible td').last().waitFor();
            await shown.mouse.move(0, 0);
            await shown.evaluate('document.activeElement.blur()');
          },
        });
        console.log(`took ${file}`);
      }
    } finally {
      await page.close();
    }
  } finally {
    await standIns.stop();
  }
}

main().then(() => process.exit(0), (error: Error) => {
  console.error(error.message);
  process.exit(1);
});
