import { InvalidArgumentError, type Command } from 'commander';
import { wholeNumber } from '../config/command-settings';
import type { StartOptions } from '../dashboard';
import { loadDashboard } from './load-dashboard';
import { stopOnSignals } from '../process/stop-on-signals';

interface CommandOptions extends Omit<StartOptions, 'bodyFile'> {
  readonly body?: string;
}

/** Adds `dashboard`. */
export function addDashboardCommand(program: Command): void {
  program.command('dashboard')
    .description('Serve a page on this machine that draws the deployed dashboard with live metrics, logs, alarms and runs')
    .option('--stack <name>', 'deployed stack: its dashboard and its runs')
    .option('--pipeline <name>', 'which pipeline of the stack, where it has several')
    .option('--dashboard-name <name>', 'a CloudWatch dashboard by its name')
    .option('--body <file>', 'dashboard body as JSON, or a synthesised template, instead of the deployed dashboard')
    .option('--port <number>', 'port of the page; 0 takes a free one (default: 0)', wholeNumber)
    .option('--host <address>', 'address to listen at (default: 127.0.0.1)')
    .option('--allow-remote', 'accept a --host that other machines reach; the page has no login')
    .option('--range <time>', 'time range at first: 15m, 3h, 2d (default: the dashboard\'s)', duration)
    .option('--period <time>', 'period of every metric instead of the dashboard\'s: 10s, 30s, 1m, 5m', period)
    .option('--refresh <time>', 'how often the data is asked for anew (default: 30s, 2s for a service on this machine)', duration)
    .option('--region <region>', 'region of the stack')
    .option('--profile <name>', 'AWS profile')
    .option('--endpoint-url <url>', 'URL of a local cloud instead of AWS')
    .option('--debug', 'print stacks of errors')
    .action(async ({ body, ...options }: CommandOptions) => {
      await runDashboard({ ...options, bodyFile: body });
    });
}

async function runDashboard(options: StartOptions): Promise<void> {
  const signals = stopOnSignals('closing the page');
  try {
    const page = await loadDashboard().startDashboard(options);
    process.stdout.write(`dashboard at ${page.url} (Ctrl-C ends it)\n`);
    await new Promise<void>((resolve) => {
      if (signals.signal.aborted) resolve();
      signals.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await page.close();
  } finally {
    signals.dispose();
  }
}

/** A period that CloudWatch has. */
function period(text: string): number {
  const seconds = duration(text);
  if (![1, 5, 10, 30].includes(seconds) && seconds % 60 !== 0) throw new InvalidArgumentError('expected 1s, 5s, 10s, 30s or whole minutes.');
  return seconds;
}

/** Seconds of `90s`, `15m`, `3h`, `2d`. */
export function duration(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  if (!match || Number(match[1]) === 0) throw new InvalidArgumentError('expected a time such as 90s, 15m, 3h or 2d.');
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd'];
}
