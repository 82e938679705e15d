import { execFileSync } from 'node:child_process';

/** Ids of the processes that run a function of the local cloud: each has a folder of the function's name in its command. */
export function functionProcesses(functionName: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(`ministack-lambda-${functionName}-`)).map((line) => Number.parseInt(line, 10));
}

/** Kills one of a function's processes, as the machine under it would. @returns whether there was one */
export function killOne(functionName: string, random: () => number): boolean {
  const pids = functionProcesses(functionName);
  if (pids.length === 0) return false;
  try {
    process.kill(pids[Math.floor(random() * pids.length)], 'SIGKILL');
    return true;
  } catch {
    // It ended by itself meanwhile.
    return false;
  }
}
