import { CONTENDERS } from './contenders';
import { type Measured, peakRssMb } from '../harness/measured';

/** Runs one contender in a process of its own and prints what it took: `contender.ts NAME PORT ROWS WARM_UP_ROWS`. */
async function main([name, port, rows, warmUpRows]: readonly string[]): Promise<void> {
  const run = CONTENDERS[name];
  // Code is compiled and connections are made before the clock starts.
  if (Number(warmUpRows) > 0) await run(Number(port), Number(warmUpRows));
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  const seen = await run(Number(port), Number(rows));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  const whole = process.cpuUsage();
  const measured: Measured = {
    rows: seen,
    cpuSeconds: (user + system) / 1e6,
    processCpuSeconds: (whole.user + whole.system) / 1e6,
    seconds,
    peakRssMb: peakRssMb(),
  };
  process.stdout.write(JSON.stringify(measured));
}

main(process.argv.slice(2)).then(() => process.exit(0), (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
