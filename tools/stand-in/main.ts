import { parseArgs } from 'util';
import { startStandIn } from './index';
import { surviveClosedOutputs } from '../closed-outputs';

const USAGE = `Stand-in SQL Server for development, demo and tests.

  npx tsx tools/stand-in/main.ts [--port N] [--host ADDRESS] [--transactions N] [--encryption off|required|none|strict]

The password of login sa is taken from STAND_IN_PASSWORD, or made and printed.
One line of JSON is printed when it takes connections; SIGINT or SIGTERM ends it.`;

async function main(): Promise<void> {
  surviveClosedOutputs();
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      transactions: { type: 'string' },
      encryption: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const number = (name: 'port' | 'transactions') => {
    const value = values[name];
    if (value !== undefined && !/^\d+$/.test(value)) {
      throw new Error(`--${name} must be a whole number, got ${value}`);
    }
    return value === undefined ? undefined : Number(value);
  };
  const encryption = values.encryption ?? 'off';
  if (encryption !== 'off' && encryption !== 'required' && encryption !== 'none' && encryption !== 'strict') {
    throw new Error(`--encryption must be off, required, none or strict, got ${encryption}`);
  }
  const given = process.env.STAND_IN_PASSWORD;
  const standIn = await startStandIn({ port: number('port'), transactions: number('transactions'), host: values.host, encryption, password: given });
  const { host, port, user, password, database, caFile } = standIn;
  console.log(JSON.stringify({ ready: true, host, port, user, ...(given ? {} : { password }), database, caFile }));
  const stop = () => {
    standIn.stop().then(() => process.exit(0), () => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  // A parent that started it with an IPC channel takes it along, however it ends.
  if (process.channel) process.once('disconnect', stop);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
