import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { RunItem } from '../../../src/contract';
import { eventBridgeAnnouncer } from '../../../src/handlers/complete/announce-run';
import { LandedManifest } from '../../../src/handlers/complete/read-manifest';

const eventBridge = mockClient(EventBridgeClient);
beforeEach(() => { eventBridge.reset(); });

const run = {
  runId: 'r',
  runState: 'INCOMPLETE',
  bucket: 'b',
  manifestKey: 'k',
  manifestVersionId: 'v',
  startedAt: 's',
  finishedAt: 'f',
  tables: 1,
  objects: 2,
  rows: 3,
  sizeBytes: 4,
  unreported: ['catalog'],
  problems: Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(2_000)}`),
} as unknown as RunItem;
const landed = { manifest: { runId: 'r' } } as LandedManifest;
const announce = eventBridgeAnnouncer(new EventBridgeClient(), 'eu-west-1');

test('the event tells the run, its state, manifest, totals and the first problems', async () => {
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  await announce(run, landed);
  const [{ Source, DetailType, Detail, EventBusName }] = eventBridge.commandCalls(PutEventsCommand)[0].args[0].input.Entries!;
  expect([Source, DetailType, EventBusName]).toEqual(['cdk-legacy-to-s3', 'Legacy Extraction Run Completed', undefined]);
  const { problems, ...detail } = JSON.parse(Detail!);
  expect(detail).toEqual({
    runId: 'r',
    state: 'INCOMPLETE',
    manifest: { bucket: 'b', key: 'k', versionId: 'v' },
    startedAt: 's',
    finishedAt: 'f',
    totals: { tables: 1, objects: 2, rows: 3, sizeBytes: 4 },
    unreported: ['catalog'],
  });
  expect(problems).toHaveLength(20);
  expect(problems[7]).toHaveLength(500);
  expect(Detail!.length).toBeLessThan(256 * 1024);
});

test('an event that was not taken is an error', async () => {
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }] });
  await expect(announce(run, landed)).rejects.toMatchObject({ code: 'EVENT_NOT_PUT', message: expect.stringContaining('ThrottlingException: slow down') });
});

test.each([['eu-west-1', 'aws'], ['cn-north-1', 'aws-cn'], ['us-gov-west-1', 'aws-us-gov']])('in %s the ARN of the bucket is of the partition %s', async (region, partition) => {
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  await eventBridgeAnnouncer(new EventBridgeClient(), region)(run, landed);
  const [{ Resources }] = eventBridge.commandCalls(PutEventsCommand)[0].args[0].input.Entries!;
  expect(Resources).toEqual([`arn:${partition}:s3:::b`]);
});

test('a bus of one\'s own gets it', async () => {
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  const bus = 'arn:aws:events:eu-west-1:111111111111:event-bus/runs';
  await eventBridgeAnnouncer(new EventBridgeClient(), 'eu-west-1', bus)(run, landed);
  expect(eventBridge.commandCalls(PutEventsCommand)[0].args[0].input.Entries![0].EventBusName).toBe(bus);
});
