import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Result {
  readonly format: string;
  readonly compression: string;
  readonly landedCpuSecondsPerMillionRows: number;
  readonly verifiedCpuSecondsPerMillionRows: number;
}

const ROOT = path.join(__dirname, '../..');
const ROWS = 200_000;

// In the full form verification takes less CPU than extraction; of few rows the start of the process is a large part.
test('to verify zstd Parquet takes at most three times the CPU of landing it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-verify-test-'));
  try {
    const json = path.join(folder, 'results.json');
    const args = [path.join(ROOT, 'bench/verify.ts'), '--rows', String(ROWS), '--format', 'parquet', '--compression', 'zstd', '--json', json];
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/tsx/dist/cli.mjs'), ...args], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    const { results } = JSON.parse(readFileSync(json, 'utf8')) as { readonly results: Result[] };
    expect(results).toMatchObject([{ format: 'parquet', compression: 'zstd' }]);
    const [{ landedCpuSecondsPerMillionRows: landed, verifiedCpuSecondsPerMillionRows: verified }] = results;
    expect(verified / landed).toBeLessThanOrEqual(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
