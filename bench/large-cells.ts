/**
 * Cells of 256 MiB (nvarchar) and 255 MiB (varbinary) to CSV and JSON Lines: the files must be right in every byte, and
 * the process that makes them must stay below 1 GB of memory. Exits with 1 otherwise.
 *
 *     npx tsx bench/large-cells.ts
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, firstLine } from './harness/bundle';
import { LARGE_CELLS, type LargeCell } from './tables/large-cell-table';

const LARGEST_RSS_MB = 1024;

async function main(): Promise<void> {
  const scratch = join(__dirname, '../.tmp');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'large-cells-'));
  let failures = 0;
  try {
    await bundle(['contenders/large-cell-taker.ts', 'servers/large-cell-server.ts'], folder);
    const server = spawn(process.execPath, [join(folder, 'large-cell-server.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await firstLine(server);
      for (const [type, cell] of Object.entries(LARGE_CELLS)) {
        for (const format of ['csv', 'jsonl'] as const) {
          const file = join(folder, 'cell');
          const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'large-cell-taker.js'), format, type, port, file]);
          const { peakRssMb, seconds } = JSON.parse(stdout) as { readonly peakRssMb: number; readonly seconds: number };
          const right = await hashOfFile(file) === expectedHash(cell, format);
          rmSync(file);
          if (!right || peakRssMb >= LARGEST_RSS_MB) failures++;
          process.stdout.write(`${type.padEnd(9)} ${format.padEnd(5)} ${Math.round(cell.block.length * cell.blocks / 2 ** 20)} MiB on the wire: `
            + `${right ? 'right in every byte' : 'WRONG'}, peak RSS ${Math.round(peakRssMb)} MB, ${seconds.toFixed(1)} s\n`);
        }
      }
    } finally {
      server.kill();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (failures > 0) throw new Error(`${failures} of the cells are wrong or took ${LARGEST_RSS_MB} MB or more`);
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

function expectedHash({ text, blocks }: LargeCell, format: 'csv' | 'jsonl'): string {
  const [before, after] = format === 'csv' ? ['Id,Document\n1,', '\n'] : ['{"Id":1,"Document":"', '"}\n'];
  const hash = createHash('sha256').update(before);
  for (let i = 0; i < blocks; i++) hash.update(text[format]);
  return hash.update(after).digest('hex');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
