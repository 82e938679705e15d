import type { ExtractionPlan } from '../../../../src/extractor/doors/public';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { removeHandlerBundles } from '../../../support/cloud/handler-bundle';
import { executionNamed, ExtractionProcess, itemsOf, type DeployedExtraction } from '../../../support/runs/extraction-processes';
import { PacedSource } from '../../../support/source/paced-source';

/** A reader needs 2 s for a chunk, nearly all of it waiting. */
const PACE = { chunks: 16, rowsPerChunk: 200, pieces: 4, pieceDelayMs: 500 };
const ROWS = PACE.chunks * PACE.rowsPerChunk;
const PLAN_KEY = 'plans/paced.json';

let paced: PacedSource;
let s3: FakeS3Server;
let control: ExtractionProcess;
const workers: ExtractionProcess[] = [];

beforeAll(async () => {
  paced = await PacedSource.start(PACE);
  s3 = await FakeS3Server.start('landing');
  const extraction: DeployedExtraction = {
    source: paced.source,
    landing: { target: 's3://landing/sql', endpointUrl: s3.endpoint },
    reading: { readers: 1 },
    limits: { maxConcurrency: 8, bytesPerSecond: 10e6 },
  };
  const body = Buffer.from(JSON.stringify(largeChunks(await paced.plan())));
  s3.objects.set(PLAN_KEY, { body, checksum: '', algorithm: 'sha256', headers: {}, eTag: '""' });
  control = await ExtractionProcess.start('control', extraction);
  workers.push(...await Promise.all(Array.from({ length: 8 }, async () => ExtractionProcess.start('work', extraction))));
}, 120_000);
afterAll(async () => {
  await Promise.all([...workers, control].map(async (each) => each.stop()));
  await s3.stop();
  await paced.stop();
  removeHandlerBundles();
});

/** Chunks as large as usual, so that eight workers have items enough. */
function largeChunks(plan: ExtractionPlan): ExtractionPlan {
  const tables = plan.tables.map((table) => ({ ...table, chunks: table.chunks.map((chunk) => ({ ...chunk, estimatedBytes: 0x20000000 })) }));
  return { ...plan, tables };
}

let executions = 0;

/** An execution by so many workers. @returns rows a second while they work, and the share of a core that the first took */
async function rate(count: number): Promise<{ readonly rows: number; readonly core: number }> {
  const execution = executionNamed(`paced-${++executions}`);
  const begun = await control.begin(execution, { plan: PLAN_KEY });
  const items = itemsOf(s3.objects.get(begun.items.key)!.body.toString('utf8'));
  expect(items.length).toBeGreaterThanOrEqual(8);
  const { cpuSeconds: before } = await workers[0].usage();
  const began = performance.now();
  await Promise.all(workers.slice(0, count).map(async (worker) => {
    for (let item = items.shift(); item; item = items.shift()) await worker.work(execution, begun, item);
  }));
  const seconds = (performance.now() - began) / 1000;
  const { cpuSeconds } = await workers[0].usage();
  await expect(control.complete(execution, begun)).resolves.toMatchObject({ finished: true, rows: ROWS, objects: PACE.chunks });
  // The next execution must not take this one for one that runs.
  for (const key of s3.objects.keys()) if (key.includes('extraction=')) s3.objects.delete(key);
  return { rows: ROWS / seconds, core: (cpuSeconds - before) / seconds };
}

test('against a source that is throttled per connection, 8 workers read at least 6 times the rows a second of one', async () => {
  // What is compiled and loaded first must not count against one worker.
  await rate(8);
  let ratio = 0;
  let core = 1;
  // Other work on the machine only ever takes from the ratio, so a busy moment is measured anew.
  for (let attempt = 0; attempt < 3 && (ratio < 6 || core > 0.05); attempt++) {
    const one = await rate(1);
    ({ core } = one);
    ratio = (await rate(8)).rows / one.rows;
  }
  expect(ratio).toBeGreaterThanOrEqual(6);
  expect(core).toBeLessThanOrEqual(0.05);
}, 180_000);
