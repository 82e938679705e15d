import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { startCatalogServer, type CatalogSize } from '../source/catalog-server';

/** What a process needed that made a plan and its JSON. */
export interface PlanFigures {
  readonly tables: number;
  readonly columns: number;
  readonly chunks: number;
  /** CPU time of the process from its start. */
  readonly cpuSeconds: number;
  /** From the call to the plan. */
  readonly seconds: number;
  /** Peak of the process, the JSON among it. */
  readonly rssMegabytes: number;
  readonly jsonMegabytes: number;
}

const PROGRAM = `
const { plan } = require(process.argv[1]);
// As bench/harness/measured.ts has it, where maxRSS would begin with that of the process that started this one.
const peakRssMb = () => {
  const { existsSync, readFileSync } = require('node:fs');
  const status = '/proc/self/status';
  return (existsSync(status) ? Number(/VmHWM: *\\t* *([0-9]+)/.exec(readFileSync(status, 'utf8'))[1]) : process.resourceUsage().maxRSS) / 1024;
};
const began = performance.now();
plan(JSON.parse(process.argv[2])).then((made) => {
  const seconds = (performance.now() - began) / 1000;
  const { length } = JSON.stringify(made);
  const { user, system } = process.cpuUsage();
  const sum = (of) => made.tables.reduce((total, table) => total + of(table), 0);
  process.stdout.write(JSON.stringify({
    tables: made.tables.length, columns: sum(({ columns }) => columns.length), chunks: sum(({ chunks }) => chunks.length),
    cpuSeconds: (user + system) / 1e6, seconds, rssMegabytes: peakRssMb(), jsonMegabytes: length / 1e6,
  }));
});`;

/**
 * Plans in a process of its own, with the bundled engine, against a catalog of that size.
 *
 * @param flags of Node
 */
export async function measurePlan(size: CatalogSize, flags: readonly string[] = []): Promise<PlanFigures> {
  const server = await startCatalogServer(size);
  try {
    const engine = resolve(__dirname, '..', '..', '..', 'assets', 'extractor', 'index.js');
    const source = { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', PROGRAM, engine, JSON.stringify({ source, target: 'file:///nowhere' })]);
    return JSON.parse(stdout) as PlanFigures;
  } finally {
    await server.stop();
  }
}
