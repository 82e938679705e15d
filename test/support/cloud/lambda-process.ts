import { ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How an invocation ended. */
export interface Invocation {
  readonly result?: any;
  /** As Lambda passes it to the failure destination. */
  readonly error?: { readonly errorType: string; readonly errorMessage: string; readonly trace: readonly string[] };
  /** Every line written meanwhile. */
  readonly lines: readonly string[];
}

/** A Node process that holds a function's code and runs invocations one after another, as one Lambda environment does. */
export interface LambdaProcess {
  invoke(event: unknown): Promise<Invocation>;
  /** Runs them all at the same time in this one process; lines are not told apart. */
  invokeTogether(events: readonly unknown[]): Promise<Invocation>;
  /** What it has used since it began. */
  usage(): Promise<ProcessUsage>;
  stop(): Promise<void>;
}

/** What a process has used since it began. */
export interface ProcessUsage {
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** Most memory that it had at a time. */
  readonly peakRssMb: number;
}

export interface LambdaProcessOptions {
  /** Export of the bundle. @default handler */
  readonly entry?: string;
  /** Longest invocation, as the function is told it; nothing ends it. @default 15 minutes */
  readonly timeoutMs?: number;
}

const END = '--- invocation ended ---';

/**
 * Both outputs are one pipe and one stream, so that their lines keep their order and the end mark comes last: two streams
 * on one pipe keep queues of their own once it is full.
 */
const DRIVER = `
const { readFileSync } = require('node:fs');
process.stderr.write = process.stdout.write.bind(process.stdout);
const [, file, entry, timeoutMs] = process.argv;
const handler = require(file)[entry];
const failed = (e) => ({ errorType: e.name, errorMessage: e.message, trace: String(e.stack).split('\\n') });
let count = 0;
const invocation = () => {
  const until = Date.now() + Number(timeoutMs);
  return { awsRequestId: 'request-' + ++count, getRemainingTimeInMillis: () => until - Date.now() };
};
// Not by maxRSS where it can be helped: on Linux a process begins with that of the one that started it.
const peakKb = () => {
  try {
    return Number(/^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
};
const usage = () => {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, peakRssMb: peakKb() / 1024 };
};
const run = (event) => Promise.resolve(handler(event, invocation())).then((result) => ({ result }), (e) => ({ error: failed(e) }));
process.on('message', async ({ events }) => {
  if (!events) return process.send(usage());
  const outcomes = await Promise.all(events.map(run));
  process.stdout.write('\\n${END}\\n');
  process.send(outcomes);
});
process.send('ready');
`;

/** Starts a process on the bundle at `file`. Only `environment` reaches it. */
export async function startLambdaProcess(
  file: string, environment: { readonly [name: string]: string }, { entry = 'handler', timeoutMs = 900_000 }: LambdaProcessOptions = {},
): Promise<LambdaProcess> {
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', process.execPath, '-e', DRIVER, file, entry, String(timeoutMs)], {
    env: { NODE_NO_WARNINGS: '1', ...environment },
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
  const lines: string[] = [];
  let ended: (() => void) | undefined;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line === END) ended?.();
    else if (line !== '') lines.push(line);
  });
  const ready = await message(child, lines);
  if (ready !== 'ready') throw new Error(`the function's process said ${JSON.stringify(ready)}`);

  const send = async (events: readonly unknown[]) => {
    lines.length = 0;
    const drained = new Promise<void>((resolve) => { ended = resolve; });
    const answer = message(child, lines);
    child.send({ events });
    const [outcomes] = await Promise.all([answer, drained]);
    return { outcomes: outcomes as Omit<Invocation, 'lines'>[], lines: [...lines] };
  };
  return {
    invoke: async (event) => {
      const { outcomes, lines: written } = await send([event]);
      return { ...outcomes[0], lines: written };
    },
    invokeTogether: async (events) => {
      const { outcomes, lines: written } = await send(events);
      return { ...(outcomes.find((outcome) => outcome.error) ?? { result: outcomes.map((outcome) => outcome.result) }), lines: written };
    },
    usage: async () => {
      const answer = message(child, lines);
      child.send({});
      return await answer as ProcessUsage;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    },
  };
}

async function message(child: ChildProcess, lines: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the function's process ended with ${code}\n${lines.join('\n')}`));
    child.once('exit', onExit);
    child.once('message', (value) => {
      child.off('exit', onExit);
      resolve(value);
    });
  });
}
