import { parseArgs } from 'node:util';
import { wholeTransactions } from '../local/arguments';

/** What the demo was asked to do. */
export interface DemoArguments {
  /** File that gets the summary as JSON. */
  readonly summary?: string;
  /** Keep everything up until Ctrl-C. */
  readonly keep: boolean;
  /** Whether the state machine of an extraction reads, by many workers. */
  readonly distributed: boolean;
  /** Whether Trino reads the landed tables. */
  readonly trino: boolean;
  /** Rows of the stand-in's largest table. */
  readonly transactions: number;
  /** File that gets a picture of the dashboard page. */
  readonly screenshot?: string;
}

export const USAGE = `usage: npm run demo -- [--summary FILE] [--keep] [--transactions N] [--screenshot FILE.png] [--distributed | --trino]

  --summary FILE      write the figures as JSON
  --distributed       extract by the state machine of examples/nightly, with real workers on the local cloud
  --trino             read the landed tables with Trino and compare with the source (needs Java 24 or newer; installs 800 MB, once)
  --keep              keep the dashboard page and both stand-ins up until Ctrl-C
  --transactions N    rows of the largest table (1000 to 10000000, default 100000)
  --screenshot FILE   save a picture of the dashboard page`;

/** @throws Error with a line for the user */
export function parseDemoArguments(args: readonly string[]): DemoArguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      summary: { type: 'string' },
      keep: { type: 'boolean', default: false },
      transactions: { type: 'string', default: '100000' },
      screenshot: { type: 'string' },
      distributed: { type: 'boolean', default: false },
      trino: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { summary, keep, distributed, trino, screenshot } = values;
  if (distributed && trino) throw new Error('--distributed and --trino are two demos: one of them at a time');
  if (screenshot !== undefined && (distributed || trino)) throw new Error(`--screenshot is of the dashboard, which --${trino ? 'trino' : 'distributed'} does not show`);
  return { summary, keep, distributed, trino, transactions: wholeTransactions(values.transactions), screenshot };
}
