import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DemoArguments, parseDemoArguments, USAGE } from './arguments';
import { runDemo } from './run-demo';
import { runDistributedDemo } from './run-distributed';
import { surviveClosedOutputs } from '../closed-outputs';
import { runTrinoDemo } from './trino/run-trino';

async function main(): Promise<number> {
  surviveClosedOutputs();
  let args: DemoArguments | 'help';
  try {
    args = parseDemoArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (args === 'help') {
    console.log(USAGE);
    return 0;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'cdk-legacy-to-s3-demo-'));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  try {
    const summary = await (args.trino ? runTrinoDemo : args.distributed ? runDistributedDemo : runDemo)(args, folder, stopping.signal);
    if (args.summary) writeFileSync(args.summary, `${JSON.stringify(summary, undefined, 2)}\n`);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) {
      console.error('demo: stopped');
      return 130;
    }
    console.error(`demo: ${(error as Error).message}`);
    if (process.env.DEBUG) console.error(error);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main().then((code) => process.exit(code));
