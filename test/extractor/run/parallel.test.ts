import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../src/contract';
import { ExtractFormat, type ExtractionPlan } from '../../../src/extractor/public';
import { extract } from '../../../src/extractor/run/extract-run';
import { PacedSource } from '../../support/paced-source';

/** A reader needs 0.4 s for a chunk, nearly all of it waiting. */
const PACE = { chunks: 32, rowsPerChunk: 200, pieces: 5, pieceDelayMs: 80 };
const ROWS = PACE.chunks * PACE.rowsPerChunk;

let paced: PacedSource;
let plan: ExtractionPlan;
let folder: string;

beforeAll(async () => {
  paced = await PacedSource.start(PACE);
  plan = await paced.plan();
});
afterAll(async () => paced.stop());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'parallel-')); });
afterEach(() => rmSync(folder, { recursive: true }));

/** @returns rows a second, from the call to the manifest */
async function rate(readers: number): Promise<number> {
  const before = paced.logins;
  const began = performance.now();
  const result = await extract({
    source: paced.source, target: pathToFileURL(folder).href, format: ExtractFormat.csv({ header: false }), plan, readers,
  });
  const seconds = (performance.now() - began) / 1000;
  expect(paced.logins - before).toBe(readers);
  const { tables } = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const ids = tables[0].objects.flatMap(({ key }) => readFileSync(join(folder, key), 'utf8').trim().split('\n').map((line) => line.split(',')[0]));
  expect(new Set(ids).size).toBe(ROWS);
  expect(ids).toHaveLength(ROWS);
  return ROWS / seconds;
}

test('against a source that is throttled per connection, 2 readers give at least 1.8 times the rows a second of one, and 8 at least 6 times', async () => {
  // What is compiled and loaded first must not count against one reader.
  await rate(16);
  const one = await rate(1);
  expect(await rate(2) / one).toBeGreaterThanOrEqual(1.8);
  expect(await rate(8) / one).toBeGreaterThanOrEqual(6);
}, 60_000);
