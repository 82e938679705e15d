import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { METRICS } from '../../../src/contract';
import { LambdaProcess } from '../../support/cloud/lambda-process';
import { metricValues, RecorderFixture } from '../recorder-fixture';
import { landManifest, landRun } from '../run-fixture';

let fixture: RecorderFixture;
let others: LambdaProcess[] = [];
beforeAll(async () => {
  fixture = await RecorderFixture.start();
  others = await Promise.all([fixture.newLambda(), fixture.newLambda()]);
});
afterAll(async () => {
  await Promise.all(others.map(async (lambda) => lambda.stop()));
  await fixture?.stop();
});

const newKey = () => `in/${randomBytes(4).toString('hex')}.csv`;

test('shuffled and repeated events of overwritten objects give each object its last record, written once for each newer event', async () => {
  const uploads = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
  await fc.assert(fc.asyncProperty(uploads, fc.infiniteStream(fc.nat()), async (overwrites, numbers) => {
    const objects = overwrites.map((count) => ({ key: newKey(), count }));
    const events: any[] = [];
    for (const { key, count } of objects) {
      for (let i = 1; i <= count; i++) events.push(await fixture.put(fixture.plain, key, 'x'.repeat(i)));
    }
    const shuffled = [...events, ...events].map((event) => ({ event, at: numbers.next().value! })).sort((a, b) => a.at - b.at);
    for (const { event } of shuffled) expect((await fixture.invoke(event)).error).toBeUndefined();
    for (const { key, count } of objects) {
      const last = events.filter((event) => event.Records[0].s3.object.key === key).pop();
      expect(await fixture.item(key)).toMatchObject({
        sizeBytes: count, state: 'PRESENT', sequencer: last.Records[0].s3.object.sequencer.padEnd(32, '0'), eTag: last.Records[0].s3.object.eTag,
      });
    }
  }), { numRuns: 12 });
});

test('the events of one key handled by three environments at the same time end in the newest', async () => {
  const key = newKey();
  const events: any[] = [];
  for (let i = 1; i <= 6; i++) events.push(await fixture.put(fixture.plain, key, 'x'.repeat(i)));
  const outcomes = await Promise.all([
    fixture.invokeTogether(events), ...others.map(async (lambda) => lambda.invokeTogether([...events].reverse())),
  ]);
  expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  const item = await fixture.item(key);
  expect(item).toMatchObject({ sizeBytes: 6, sequencer: events[5].Records[0].s3.object.sequencer.padEnd(32, '0') });
  const written = outcomes.flatMap((outcome) => metricValues(outcome, METRICS.objectsRecorded)).reduce((sum, value) => sum + value, 0);
  expect(item!.revision).toBe(written);
});

test('a manifest and its parts handled at the same time give complete items', async () => {
  for (let round = 0; round < 5; round++) {
    const run = await landRun(fixture, fixture.plain);
    const manifest = await landManifest(fixture, fixture.plain, run.key, run.manifest);
    const parts = run.parts.map(({ event }) => event);
    const outcomes = await Promise.all([others[0].invokeTogether(parts), others[1].invokeTogether(parts), fixture.invoke(manifest)]);
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE' });
    const objects = run.manifest.tables.flatMap((table) => table.objects);
    for (const [index, { key, rows, contentHash }] of objects.entries()) {
      const { sequencer } = parts[index].Records[0].s3.object;
      expect(await fixture.item(key)).toMatchObject({ rows, contentHash, state: 'PRESENT', sequencer: sequencer.padEnd(32, '0') });
    }
  }
});
