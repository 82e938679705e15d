import { HANDLER_ENV, runLogKey } from '../../../src/contract';
import { InvokeServer } from '../../support/cloud/invoke-server';
import { RecorderFixture, together } from '../recorder-fixture';
import { landManifest, landRun } from '../run-fixture';

let fixture: RecorderFixture;
beforeAll(async () => { fixture = await RecorderFixture.start(); });
afterAll(async () => fixture?.stop());

test('the recorder hands a manifest\'s own record to run completion, and nothing else', async () => {
  const run = await landRun(fixture, fixture.plain);
  const event = await landManifest(fixture, fixture.plain, run.key, run.manifest);
  await fixture.invoke(together(...run.parts.map((part) => part.event), event));
  expect(fixture.handedOver).toEqual([{ functionName: 'run-completion', type: 'Event', payload: { Records: event.Records } }]);
});

test('an event of EventBridge is handed over as it came', async () => {
  const run = await landRun(fixture, fixture.plain);
  const { sequencer, size } = (await landManifest(fixture, fixture.plain, run.key, run.manifest)).Records[0].s3.object;
  const event = {
    'source': 'aws.s3',
    'detail-type': 'Object Created',
    'time': '2026-01-31T23:59:59Z',
    'detail': { bucket: { name: fixture.plain }, object: { key: run.key, size, sequencer } },
  };
  expect((await fixture.invoke(event)).error).toBeUndefined();
  expect(fixture.handedOver.map(({ payload }) => payload)).toEqual([event]);
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE' });
});

test('a deleted manifest is not handed over', async () => {
  const run = await landRun(fixture, fixture.plain);
  const event = await landManifest(fixture, fixture.plain, run.key, run.manifest);
  await fixture.invoke(together(await fixture.delete(fixture.plain, run.key), event));
  expect(fixture.handedOver).toEqual([]);
});

test('without a function to hand over to, the manifest is recorded and the run is not', async () => {
  const lambda = await fixture.newLambda({ [HANDLER_ENV.runCompletionFunction]: undefined });
  const run = await landRun(fixture, fixture.plain);
  const { error } = await lambda.invoke(await landManifest(fixture, fixture.plain, run.key, run.manifest));
  await lambda.stop();
  expect(error).toBeUndefined();
  expect(await fixture.item(run.key)).toMatchObject({ state: 'PRESENT' });
  expect(await fixture.run(run.runId)).toBeUndefined();
});

test.each([[404, /ResourceNotFound|HTTP 404|UnknownError/], [200, /COMPLETION_NOT_STARTED.*got 200/]])(
  'when Lambda answers %i the record fails, so that the event is tried again', async (status, message) => {
    const refusing = await InvokeServer.start(async () => ({ status, payload: {} }));
    const lambda = await fixture.newLambda({ AWS_ENDPOINT_URL_LAMBDA: refusing.endpoint });
    const run = await landRun(fixture, fixture.plain);
    const { error } = await lambda.invoke(await landManifest(fixture, fixture.plain, run.key, run.manifest));
    await lambda.stop();
    refusing.stop();
    expect(error!.errorMessage).toMatch(message);
    expect(error!.errorMessage).toContain(run.key);
  });

test('the lines run completion writes are no landed objects', async () => {
  const key = runLogKey('', 'r1');
  const { error, result } = await fixture.invoke(await fixture.put(fixture.plain, key, '{}'));
  expect(error).toBeUndefined();
  expect(result).toEqual({ records: 1, written: 0, ignored: 1 });
  expect(await fixture.item(key)).toBeUndefined();
});

test('below another prefix, or of another shape, the same key is a landed object', async () => {
  const lambda = await fixture.newLambda({ [HANDLER_ENV.landingPrefix]: 'lake/' });
  for (const [key, recorded] of [
    ['lake/runs/run=r1.json', false], ['runs/run=r1.json', true], ['lake/runs/orders.json', true], ['lake/runs/run=a/b.json', true],
    ['lake/run-snapshots/run=r1.json', false], ['run-snapshots/run=r1.json', true], ['lake/run-snapshots/orders.json', true],
    ['lake/_tables/orders/metadata/v1.json', true],
  ] as const) {
    await lambda.invoke(await fixture.put(fixture.plain, key, '{}'));
    expect([key, await fixture.item(key) !== undefined]).toEqual([key, recorded]);
  }
  await lambda.stop();
});
