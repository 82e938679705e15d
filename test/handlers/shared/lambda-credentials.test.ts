import { defaultProvider } from '../../../src/handlers/shared/lambda-credentials';

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
const before = NAMES.map((name) => process.env[name]);

function set(...values: (string | undefined)[]) {
  NAMES.forEach((name, index) => {
    if (values[index] === undefined) delete process.env[name];
    else process.env[name] = values[index];
  });
}
afterAll(() => set(...before));

test('the role\'s credentials come from the environment as it is when they are asked for', async () => {
  const provider = defaultProvider();
  set('id', 'secret', 'token');
  expect(await provider()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' });
  set('id', 'secret');
  expect(await provider()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: undefined });
});

test.each([[undefined, 'secret'], ['id', undefined], ['', '']])('without key or secret the error says what is expected', async (id, secret) => {
  set(id, secret);
  const error = await defaultProvider()().catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY') });
});
