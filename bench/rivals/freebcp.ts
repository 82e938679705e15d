import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, inFolder } from './programs';
import { canMeasureProcesses, measureProcess } from './whole-process';
import type { Rival } from '../harness/measured';
import { selectSql } from '../harness/request';

const run = promisify(execFile);

/** FreeTDS's bcp (Debian freetds-bin) to character data, its documented way out. */
export const freebcp: Rival = async ({ port, rows, packetSize }) => {
  const program = findProgram('freebcp', 'BENCH_FREEBCP');
  if (program === undefined || !canMeasureProcesses()) return undefined;
  return inFolder(async (folder) => {
    const file = path.join(folder, 'table.txt');
    const { stderr, ...measured } = await measureProcess([
      program, selectSql(rows), 'queryout', file, '-S', `127.0.0.1:${port}`, '-U', 'reader', '-P', 'any', '-A', String(packetSize), '-c', '-t', ',',
    ], { ...process.env, TDSVER: '7.4' });
    // A row is a line, and no value of the tables it is measured with has one in it.
    const { stdout: counted } = await run('wc', ['-l', file]);
    return { ...measured, rows: parseInt(counted, 10), version: `FreeTDS ${await version(program)}` };
  });
};

/** freebcp does not tell; tsql is in the same package. */
async function version(program: string): Promise<string> {
  const tsql = program.includes(path.sep) ? path.join(path.dirname(program), 'tsql') : 'tsql';
  return run(tsql, ['-C']).then(({ stdout }) => /freetds v([\d.]+)/.exec(stdout)?.[1] ?? 'unknown', () => 'unknown');
}
