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

/**
 * Starts the bundled command line, with nothing of this process's environment that could change it. A test file that
 * uses this calls `removeCliBundle` at its end.
 */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): CliProcess {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS_|LEGACY_TO_S3_|NO_COLOR|NODE_OPTIONS)/.test(name)));
  const bin = join(cliBundle(), 'bin', 'cdk-legacy-to-s3.js');
  const child = spawn(process.execPath, [bin, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
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

export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  return startCli(args, env).ended;
}
