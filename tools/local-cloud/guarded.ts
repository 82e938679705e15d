import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/** A server in a process group of its own, which ends with this process however it ends. */
export interface GuardedProcess {
  /** Whether it ended by itself. */
  ended(): boolean;
  /** Ends the whole group. May be called again. */
  stop(): Promise<void>;
}

/** Starts a command under guard.py, its output in a file. */
export function startGuarded(
  python: string, command: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly logFile: string },
): GuardedProcess {
  const log = openSync(options.logFile, 'a');
  try {
    const child = spawn(python, [path.join(__dirname, 'guard.py'), ...command], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['pipe', log, log],
    });
    return { ended: () => child.exitCode !== null || child.signalCode !== null, stop: stopper(child) };
  } finally {
    closeSync(log);
  }
}

/** Closing the guard's standard input ends the group; see guard.py. */
export function stopper(child: ChildProcess): () => Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // Neither the pipe nor the process may keep the owner alive that forgot to stop it.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  child.stdin?.on('error', () => undefined);
  return async () => {
    child.ref();
    child.stdin?.destroy();
    await ended;
  };
}

/** Last lines of a log; empty when there is none. */
export function tailOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '';
  }
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });
}
