/**
 * In place of an extraction's functions: they do what the input of the execution says, by the contract and with the rights that the
 * construct gives, and note in the state folder what they were called with.
 */
const { randomUUID } = require('node:crypto');
const { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const { DescribeExecutionCommand, SFNClient } = require('@aws-sdk/client-sfn');

const s3 = new S3Client({ forcePathStyle: true });
const { target } = JSON.parse(process.env.EXTRACTION_LANDING);
const [, Bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(target);
const state = `${prefix.slice(0, -1)}-state/`;

const put = (key, body) => s3.send(new PutObjectCommand({ Bucket, Key: `${state}${key}`, Body: body }));
const folderOf = ({ step, execution }) => `calls/${execution.arn.split(':').pop()}/${step}/`;
const note = (event) => put(`${folderOf(event)}${randomUUID()}.json`, JSON.stringify({ event, environment: environment() }));
const environment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('EXTRACTION_')));

/** How often the step was called in the execution, this call among them. */
async function calls(event) {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${state}${folderOf(event)}` }));
  return Contents.length;
}

exports.control = async (event) => {
  await note(event);
  if (event.step === 'begin') return begin(event);
  // The first call hands over.
  if (event.step === 'complete') return { finished: await calls(event) > 1, runId: event.run.runId, manifestKey: 'm', rows: 3, sizeBytes: 4, objects: 5, verification: 'verified' };
  return {};
};

async function begin(event) {
  const { input, execution } = event;
  const { status } = await new SFNClient({}).send(new DescribeExecutionCommand({ executionArn: execution.arn }));
  if (status !== 'RUNNING') throw new Error(`the execution is ${status}`);
  const [word, count = '0'] = (input.tables ?? ['chunks.3'])[0].split('.');
  if (word === 'skipped') return { outcome: 'skipped', reason: 'another one is at work' };
  if (word === 'waiting' && await calls(event) < 2) return { outcome: 'waiting', reason: 'another one is at work' };
  if (word === 'failing') throw Object.assign(new Error('no such login'), { name: 'LOGIN_FAILED' });
  const items = Array.from({ length: Number(count) }, (_, chunk) => ({ tables: [{ index: 0, chunks: [{ chunk, estimatedRows: 1, estimatedBytes: 1 }] }] }));
  await put('run=R/items.jsonl', items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  return {
    outcome: 'begun',
    run: { runId: word, epoch: 7 },
    items: { bucket: Bucket, key: `${state}run=R/items.jsonl` },
    counts: { tables: 1, chunks: items.length, items: items.length, estimatedBytes: 1 },
  };
}

// Each item takes two invocations.
exports.work = async (event) => {
  await note(event);
  const first = await calls(event) === 1;
  if (first && event.run.runId === 'crash') process.exit(1);
  if (first && event.run.runId === 'broken') throw Object.assign(new Error('the disk is full'), { name: 'TARGET_FAILED' });
  await s3.send(new GetObjectCommand({ Bucket, Key: `${state}run=R/items.jsonl` }));
  return { finished: event.done > 0, done: event.done + 1 };
};
