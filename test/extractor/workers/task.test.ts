import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { TASK_ENV } from '../../../src/contract';

const BUNDLE = path.join(__dirname, '..', '..', '..', 'assets', 'extraction', 'index.js');
const STEP = {
  [TASK_ENV.execution]: 'arn:aws:states:eu-central-1:111122223333:execution:Nightly:one',
  [TASK_ENV.runId]: '20260131T235959123Z-4f9a1c',
  [TASK_ENV.epoch]: '1',
  [TASK_ENV.item]: '0',
  [TASK_ENV.token]: 'token',
};

/** What Step Functions was told, by the name of the call. */
interface Told {
  readonly target: string;
  readonly body: { readonly [name: string]: string };
}

let server: Server;
let told: Told[];
let status: number;

beforeEach(async () => {
  [told, status] = [[], 200];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      told.push({ target: String(request.headers['x-amz-target']), body: JSON.parse(Buffer.concat(parts).toString()) as Told['body'] });
      response.writeHead(status, { 'connection': 'close', 'content-type': 'application/x-amz-json-1.0' });
      response.end(status === 200 ? '{}' : '{"__type":"TaskDoesNotExist","message":"gone"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => new Promise<unknown>((resolve) => server.close(resolve)));

async function run(environment: { readonly [name: string]: string }): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    NODE_NO_WARNINGS: '1',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...environment,
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['-e', `require(${JSON.stringify(BUNDLE)}).task()`], { env, timeout: 30_000 },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode, stderr }));
  });
}

test('a failure is told by its code and message, and ends the process with 1', async () => {
  // Without the environment that the construct sets.
  expect(await run(STEP)).toEqual({ code: 1, stderr: '' });
  expect(told).toEqual([{
    target: 'AWSStepFunctions.SendTaskFailure',
    body: { taskToken: 'token', error: 'INVALID_CONFIG', cause: JSON.stringify({ errorType: 'INVALID_CONFIG', errorMessage: 'expected EXTRACTION_NAME in the environment, as the construct sets it' }) },
  }]);
});

/** A task without a token tells nobody, and one without a window reads at any time. */
const MAY_MISS: readonly string[] = [TASK_ENV.token, TASK_ENV.window];

test.each(Object.values(TASK_ENV).filter((name): name is keyof typeof STEP => !MAY_MISS.includes(name)))('%s is missed', async (name) => {
  const { [name]: _, ...rest } = STEP;
  expect((await run(rest)).code).toBe(1);
  expect(JSON.parse(told[0].body.cause).errorMessage).toBe(`expected ${name} in the environment, as the state machine sets it`);
});

test('a number that is none is told', async () => {
  expect((await run({ ...STEP, [TASK_ENV.item]: 'first' })).code).toBe(1);
  expect(JSON.parse(told[0].body.cause).errorMessage).toBe(`${TASK_ENV.item} must be a whole number, got 'first'`);
});

test('where it cannot be told, the process ends with 1 too', async () => {
  status = 400;
  expect(await run(STEP)).toEqual({ code: 1, stderr: 'cannot tell the state machine: gone\n' });
});
