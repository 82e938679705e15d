import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { Duration } from 'aws-cdk-lib';
import { METADATA_TABLE } from '../../src/contract';
import { LandingTrigger } from '../../src/pipeline';
import { poll } from '../../tools/local-cloud';
import { DeployedPipeline } from '../support/cloud/deployed-pipeline';
import { smallRun } from '../support/runs/small-run';

let pipeline: DeployedPipeline;
let bufferUrl: string;

beforeAll(async () => {
  const trigger = LandingTrigger.buffered({ attempts: 2, retryDelay: Duration.seconds(0), maxBatchingWindow: Duration.seconds(1) });
  pipeline = await DeployedPipeline.start({ trigger });
  bufferUrl = Object.entries(pipeline.stack.resources).find(([id]) => /^LedgerBuffer[0-9A-F]{8}$/.test(id))![1];
});
afterAll(async () => pipeline?.stop());

const itemKeys = async () => (await pipeline.objectItems()).map((item) => item[METADATA_TABLE.partitionKey]).sort();

test('a burst goes through the buffer: one item an object, poison in the failure queue with its trace, the run complete', async () => {
  const run = smallRun();
  const keys = Array.from({ length: 60 }, (_each, index) => `burst/object ${String(index).padStart(2, '0')}.csv`);
  const poison = { Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: pipeline.output('bucketName') }, object: { key: '%' } } }] };
  await pipeline.sqs.send(new SendMessageCommand({ QueueUrl: bufferUrl, MessageBody: JSON.stringify(poison) }));
  await pipeline.sqs.send(new SendMessageCommand({ QueueUrl: bufferUrl, MessageBody: 'no event at all' }));
  await Promise.all(keys.map(async (key) => pipeline.put(key, key)));
  for (const part of run.parts) await pipeline.put(part.key, part.body);
  await pipeline.put(run.manifestKey, JSON.stringify(run.manifest));

  const expected = [...keys, ...run.parts.map(({ key }) => key), run.manifestKey].sort();
  await poll(async () => (await itemKeys()).length >= expected.length, { what: `${expected.length} items`, deadlineMs: 60_000 });
  expect(await itemKeys()).toEqual(expected);
  await poll(async () => (await pipeline.run(run.runId))?.runState === 'COMPLETE', { what: 'the run' });

  const failures = await poll(async () => {
    const found = await pipeline.failures();
    return found.length === 2 && found;
  }, { what: 'two failed events', deadlineMs: 60_000 });
  const [text, event] = failures.sort((a) => (typeof a.requestPayload === 'string' ? -1 : 1));
  expect(text).toMatchObject({ requestPayload: 'no event at all', responsePayload: { errorType: 'InvalidEventError' } });
  expect(event).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2, functionArn: expect.stringContaining(pipeline.output('recorderName')) },
    requestPayload: poison,
    responsePayload: { errorType: 'BatchNotHandledError', errorMessage: expect.stringContaining("got '%'") },
  });
  expect(event.responsePayload.trace.join('\n')).toMatch(/Caused by: .*InvalidEventError/);
  expect(await pipeline.replay({ action: 'queue' })).toMatchObject({ attempted: 2, succeeded: 0, failed: 2 });
});
