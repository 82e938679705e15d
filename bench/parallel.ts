/**
 * Rows a second by number of readers, against a source that sends each connection only so much a second.
 *
 *     npx tsx bench/parallel.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { extract } from '../src/extractor/run/extract-run';
import { PacedSource } from '../test/support/source/paced-source';

async function main(): Promise<void> {
  const pace = { chunks: 64, rowsPerChunk: 1000, pieces: 5, pieceDelayMs: 80 };
  const paced = await PacedSource.start(pace);
  const folder = mkdtempSync(join(tmpdir(), 'parallel-'));
  try {
    const plan = await paced.plan();
    let one = 0;
    const run = async (readers: number) => {
      const began = performance.now();
      const target = pathToFileURL(join(folder, String(readers))).href;
      const { rows } = await extract({ source: paced.source, target, plan, readers });
      return rows / ((performance.now() - began) / 1000);
    };
    await run(32);
    for (const readers of [1, 2, 4, 8, 16]) {
      const rate = await run(readers);
      one ||= rate;
      process.stdout.write(`${readers} reader(s): ${Math.round(rate)} rows/s, ${(rate / one).toFixed(2)} times one\n`);
    }
  } finally {
    await paced.stop();
    rmSync(folder, { recursive: true });
  }
}

void main();
