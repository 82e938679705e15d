import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { SourceLogin } from './source-connection';

const ROOT = path.resolve(__dirname, '..', '..');

/** A stand-in SQL Server in a process of its own, so that it does not share the extractor's core. */
export interface StandInProcess extends SourceLogin {
  readonly caFile: string;
  stop(): Promise<void>;
}

/** Starts the stand-in and waits until it takes connections. It ends with this process, however that ends. */
export async function spawnStandIn(transactions: number): Promise<StandInProcess> {
  const password = randomBytes(18).toString('base64url');
  const child = spawn(
    process.execPath,
    [path.join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'), path.join(ROOT, 'tools', 'stand-in', 'main.ts'), '--transactions', String(transactions)],
    {
      cwd: ROOT,
      env: { ...process.env, STAND_IN_PASSWORD: password },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // Ctrl-C reaches the whole terminal group; the demo decides when the source goes.
      detached: true,
    },
  );
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const first = await Promise.race([once(lines, 'line').then(([line]) => line as string), ended.then(([code]) => code as number)]);
  if (typeof first !== 'string') throw new Error(`the stand-in SQL Server ended with ${first} before it took connections`);
  const { host, port, user, database, caFile } = JSON.parse(first) as Omit<StandInProcess, 'stop' | 'password'>;
  return {
    host,
    port,
    user,
    password,
    database,
    caFile,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}
