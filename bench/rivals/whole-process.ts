import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findPython } from './programs';
import { RIVAL_TIMEOUT_MS, type Measured } from '../harness/measured';

const run = promisify(execFile);

/** Prints what a program took, as JSON: the resources of a child are what Node does not tell. */
const MEASURE = `
import json, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpuSeconds": used.ru_utime + used.ru_stime, "seconds": time.monotonic() - start, "peakRssMb": used.ru_maxrss / 1024}))
`;

export interface WholeProcess extends Omit<Measured, 'rows'> {
  /** What the program printed there. */
  readonly stderr: string;
}

/** Whether {@link measureProcess} has what it needs. */
export function canMeasureProcesses(): boolean {
  return findPython() !== undefined;
}

/** Runs a program from its start to its end: there is nothing to warm up, so both CPU figures are one. */
export async function measureProcess(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<WholeProcess> {
  const { stdout, stderr } = await run(findPython()!, ['-c', MEASURE, ...command], { env, timeout: RIVAL_TIMEOUT_MS });
  const used = JSON.parse(stdout) as Pick<Measured, 'cpuSeconds' | 'seconds' | 'peakRssMb'>;
  return { ...used, processCpuSeconds: used.cpuSeconds, stderr };
}
