import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { poll } from '../../../tools/local-cloud';
import { describeEngines } from '../../support/engines';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** Process and group ids, by a column of `ps`. */
function processes(column: 'ppid' | 'pgid', ids: readonly number[]): number[] {
  return execFileSync('ps', ['-eo', `pid,${column}`], { encoding: 'utf8' }).trim().split('\n').slice(1)
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, of]) => ids.includes(of)).map(([pid]) => pid);
}

describeEngines(['pyiceberg', 'spark', 'trino'], (name) => {
  test('ends with the process that started it, when that is killed', async () => {
    const script = [
      `const { startEngine } = require(${JSON.stringify(path.join(ROOT, 'tools', 'engines'))});`,
      `const { startLocalCloud } = require(${JSON.stringify(path.join(ROOT, 'tools', 'local-cloud'))});`,
      `startLocalCloud().then((cloud) => startEngine(${JSON.stringify(name)}, cloud)).then(() => console.log("started"));`,
      'setInterval(() => undefined, 1000);',
    ].join('\n');
    const owner = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      owner.stdout.once('data', () => resolve());
      owner.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
    // Each leads a group: the cloud, the engine (with its JVM), and what tsx compiles with, which is no group of its own.
    const groups = processes('ppid', [owner.pid!]).filter((pid) => processes('pgid', [pid]).includes(pid));
    expect(groups).toHaveLength(2);
    if (name !== 'pyiceberg') expect(processes('pgid', groups).length).toBeGreaterThanOrEqual(4);
    owner.kill('SIGKILL');
    await poll(async () => processes('pgid', groups).length === 0, { what: 'the engine to end' });
  }, 240_000);
});
