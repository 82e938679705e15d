import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { runCli, startCli } from '../spawn-cli';

const folder = mkdtempSync(path.join(tmpdir(), 'dashboard-command-'));
const body = path.join(folder, 'body.json');
const ENV = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'planted-secret', AWS_MAX_ATTEMPTS: '1' };
let busy: Server;
let port: number;

beforeAll(async () => {
  writeFileSync(body, JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: '# From a file' } }] }));
  writeFileSync(path.join(folder, 'broken.json'), '{"widgets": 1}');
  busy = createServer((_request, response) => response.writeHead(500).end('{}'));
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  port = (busy.address() as AddressInfo).port;
});

afterAll(() => {
  busy.close();
  rmSync(folder, { recursive: true });
  removeCliBundle();
});

test('serves a body from a file until Ctrl-C, which is no failure', async () => {
  const cli = startCli(['dashboard', '--body', body, '--endpoint-url', `http://127.0.0.1:${port}`], ENV);
  const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(await cli.seen('Ctrl-C ends it'))![0];
  expect(await (await fetch(`${url}api/view`)).text()).toContain('<h1>From a file</h1>');
  expect(await (await fetch(url)).text()).toContain('/page.js');
  for (const at of ['', 'page.js', 'page.css', 'api/view', 'api/run?id=x']) expect(await (await fetch(url + at)).text()).not.toContain('planted-secret');
  cli.process.kill('SIGINT');
  expect(await cli.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('closing the page') });
});

test('other machines see the page only when told, and by its address, not by a name', async () => {
  const cli = startCli(['dashboard', '--body', body, '--host', '0.0.0.0', '--allow-remote', '--endpoint-url', `http://127.0.0.1:${port}`], ENV);
  const [, served] = /http:\/\/0\.0\.0\.0:(\d+)\//.exec(await cli.seen('Ctrl-C ends it'))!;
  const status = async (host: string) => new Promise((resolve) => {
    get({ port: served, path: '/api/view', headers: { host } }, (response) => resolve(response.resume().statusCode));
  });
  expect(await status(`192.168.0.7:${served}`)).toBe(200);
  expect(await status(`evil.example:${served}`)).toBe(403);
  cli.process.kill('SIGINT');
  await cli.ended;
});

test.each<[string, (at: { port: number; folder: string }) => string[], number, RegExp]>([
  ['nothing to draw', () => [], 2, /^error INVALID_CONFIG: nothing to draw: pass --stack, --dashboard-name or --body\n$/],
  ['another machine may not see the page', () => ['--body', body, '--host', '0.0.0.0'], 2, /host '0\.0\.0\.0' is not a loopback address.*--allow-remote/],
  ['a port in use', (at) => ['--body', body, '--port', String(at.port)], 2, /port \d+ is in use; pass another one with --port/],
  ['no such file', () => ['--body', path.join(folder, 'none.json')], 2, /cannot read the dashboard body '.*none\.json': ENOENT/],
  ['no dashboard body', () => ['--body', path.join(folder, 'broken.json')], 2, /error INVALID_CONFIG: .*widgets/],
  ['a wrong time', () => ['--body', body, '--range', 'soon'], 2, /expected a time such as 90s, 15m, 3h or 2d/],
  ['a cloud that does not answer', () => ['--stack', 'S', '--endpoint-url', 'http://127.0.0.1:1'], 4, /^error TARGET_UNREACHABLE: cannot read stack 'S': the service does not answer/],
])('%s', async (_what, args, code, line) => {
  const result = await runCli(['dashboard', ...args({ port, folder })], { ...ENV, AWS_REGION: 'eu-west-1' });
  expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(line) });
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stderr).not.toContain('planted-secret');
});
