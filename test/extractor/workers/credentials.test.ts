import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultProvider } from '../../../src/extractor/workers/credentials';

const environment = { ...process.env };
const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'];
let server: Server | undefined;

beforeEach(() => { for (const name of NAMES) delete process.env[name]; });
afterEach(async () => {
  process.env = { ...environment };
  await new Promise<unknown>((resolve) => server ? server.close(resolve) : resolve(undefined));
  server = undefined;
});

/** A place that gives credentials, by these answers in turn. */
async function answering(...answers: ReadonlyArray<{ readonly status: number; readonly body: object }>): Promise<IncomingMessage[]> {
  const asked: IncomingMessage[] = [];
  server = createServer((request, response) => {
    const { status, body } = answers[asked.push(request) - 1] ?? answers.at(-1)!;
    response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${(server.address() as AddressInfo).port}/credentials`;
  return asked;
}

const GIVEN = { status: 200, body: { AccessKeyId: 'ASIA', SecretAccessKey: 'secret', Token: 'token', Expiration: '2030-01-01T00:00:00Z' } };

test('a function has them in its environment', async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' });
  expect(await defaultProvider()()).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' });
});

test('a task asks for them, and is told when to ask again', async () => {
  process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN = 'Bearer of the task';
  const asked = await answering(GIVEN);
  expect(await defaultProvider()()).toEqual({ accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token', expiration: new Date('2030-01-01T00:00:00Z') });
  expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([['/credentials', 'Bearer of the task']]);
});

test('a failure that passes is tried again, one that lasts is told', async () => {
  const asked = await answering({ status: 500, body: {} }, GIVEN);
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'ASIA' });
  expect(asked).toHaveLength(2);
  await new Promise<unknown>((resolve) => server!.close(resolve));
  const again = await answering({ status: 503, body: {} });
  await expect(defaultProvider()()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: 'ECS gave the task no credentials: HTTP 503' });
  expect(again).toHaveLength(3);
});

test('without either, what is missing is told', async () => {
  await expect(defaultProvider()()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') });
});
