import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { cliBundle } from '../support/packages/cli-bundle';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves with all output when the text has appeared on standard error or output. */
  seen(text: string): Promise<string>;
}

const binOf = () => join(cliBundle(), 'bin', 'cdk-legacy-to-s3.js');

const inheritedEnv = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS_|LEGACY_TO_S3_|NO_COLOR|NODE_OPTIONS)/.test(name)));

/**
 * Starts the bundled command line, with nothing of this process's environment that could change it. A test file that
 * uses this calls `removeCliBundle` at its end.
 */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): CliProcess {
  const child = spawn(process.execPath, [binOf(), ...args], { env: { ...inheritedEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting: Array<() => void> = [];
  const onText = () => waiting.forEach((check) => check());
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; onText(); });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; onText(); });
  const ended = new Promise<CliResult>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return {
    process: child,
    ended,
    seen: (text) => new Promise((resolve, reject) => {
      waiting.push(() => { if ((stdout + stderr).includes(text)) resolve(stdout + stderr); });
      onText();
      void ended.then((result) => reject(new Error(`ended before '${text}' was seen: ${JSON.stringify(result)}`)));
    }),
  };
}

/** A command line on a terminal: what it prints, errors too, is its standard output. */
export interface TerminalProcess extends Omit<CliProcess, 'seen'> {
  type(keys: string): void;
  /** Resolves when the text has appeared since it was last waited for. */
  seen(text: string): Promise<void>;
}

/** The one that the local cloud runs on. */
const PYTHON = join(__dirname, '..', '..', '.venv', 'bin', 'python');

/** Hands keys to a pseudo-terminal and prints what appears on it. */
const PSEUDO_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

/** Starts the bundled command line as {@link startCli} does, on a terminal. */
export function startOnTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): TerminalProcess {
  const child = spawn(PYTHON, ['-c', PSEUDO_TERMINAL, process.execPath, binOf(), ...args], { env: { ...inheritedEnv(), TERM: 'xterm', ...env } });
  let stdout = '';
  let from = 0;
  let look: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  const ended = new Promise<CliResult>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr: '' })));
  return {
    process: child,
    ended,
    type: (keys) => void child.stdin.write(keys),
    seen: (text) => new Promise((resolve, reject) => {
      look = () => {
        const at = stdout.indexOf(text, from);
        if (at < 0) return;
        from = at + text.length;
        resolve();
      };
      look();
      void ended.then((result) => reject(new Error(`ended before '${text}' was seen: ${JSON.stringify(result)}`)));
    }),
  };
}

export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  return startCli(args, env).ended;
}
