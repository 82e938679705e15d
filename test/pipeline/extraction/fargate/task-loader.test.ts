import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LOADER_FILES, TASK_LOADER, type LoadedFile } from '../../../../src/pipeline/extraction/fargate/task-loader';

/** In the place of the SDK's client: objects are files of a folder. */
const CLIENT = `
const { readFileSync } = require('node:fs');
exports.GetObjectCommand = class { constructor(input) { this.input = input; } };
exports.S3Client = class {
  async send({ input: { Bucket, Key } }) {
    const bytes = readFileSync(process.env.OBJECTS + '/' + Bucket + '/' + Key);
    return { Body: { transformToByteArray: async () => new Uint8Array(bytes) } };
  }
  destroy() {}
};`;

/** A program that says what lies beside it, and where. */
const PROGRAM = `
const { readFileSync } = require('node:fs');
exports.task = async () => console.log(readFileSync(__dirname + '/part.wasm', 'utf8') + ' beside ' + require('node:path').basename(__filename));`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'loader-'));
  mkdirSync(path.join(folder, 'modules', '@aws-sdk', 'client-s3'), { recursive: true });
  writeFileSync(path.join(folder, 'modules', '@aws-sdk', 'client-s3', 'index.js'), CLIENT);
  mkdirSync(path.join(folder, 'assets'));
});
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

/** An object, and how the task definition names it. */
function file(name: string, text: string, deployed = text): LoadedFile {
  writeFileSync(path.join(folder, 'assets', `of-${name}`), text);
  return { name, bucket: 'assets', key: `of-${name}`, sha256: createHash('sha256').update(deployed).digest('hex') };
}

async function run(files: readonly LoadedFile[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: process.env.PATH, TMPDIR: folder, NODE_PATH: path.join(folder, 'modules'), OBJECTS: folder, [LOADER_FILES]: JSON.stringify(files) };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['-e', TASK_LOADER], { cwd: folder, env, timeout: 30_000 }, (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
  });
}

test('the program is fetched with what lies beside it, and begun', async () => {
  expect(await run([file('index.js', PROGRAM), file('part.wasm', 'a part')])).toEqual({ code: 0, stdout: 'a part beside index.js\n', stderr: '' });
});

test('other bytes than those deployed are not run', async () => {
  const { code, stdout, stderr } = await run([file('index.js', PROGRAM, 'another program'), file('part.wasm', 'a part')]);
  expect([code, stdout]).toEqual([1, '']);
  expect(JSON.parse(stderr)).toEqual({
    level: 'ERROR', message: expect.stringMatching(/^cannot load the worker: s3:\/\/assets\/of-index\.js has the SHA-256 [0-9a-f]{64}, deployed was [0-9a-f]{64}$/),
  });
});

test('a file that is not there is told', async () => {
  const { code, stderr } = await run([file('index.js', PROGRAM), { name: 'gone.wasm', bucket: 'assets', key: 'gone', sha256: '' }]);
  expect([code, JSON.parse(stderr).message]).toEqual([1, expect.stringMatching(/^cannot load the worker: ENOENT/)]);
});

test('what RunTask may be given has room for it', () => {
  // A task definition is 64 KiB at most (Amazon ECS, "Amazon ECS service quotas").
  expect(TASK_LOADER.length).toBeLessThan(4096);
});
