import { spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

/** Starts a tool whose output nobody reads. */
async function unread(main: string, ...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, main), ...args], { cwd: ROOT });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stderr };
}

test.each(['tools/stand-in/main.ts', 'tools/local/main.ts', 'tools/demo/main.ts', 'bench/run.ts'])('help of %s into a closed pipe ends quietly with 0', async (main) => {
  expect(await unread(main, '--help')).toEqual({ code: 0, stderr: '' });
}, 60_000);

test('an output on a full disk is no closed one', async () => {
  const child = spawn('sh', ['-c', '"$0" --import tsx tools/stand-in/main.ts --help > /dev/full', process.execPath], { cwd: ROOT });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  expect(await new Promise((resolve) => child.on('close', resolve))).not.toBe(0);
  expect(stderr).toContain('ENOSPC');
}, 60_000);
