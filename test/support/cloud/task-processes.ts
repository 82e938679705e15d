import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TASK_ENV } from '../../../src/contract';

/** Ids of the processes that are tasks of an execution on the local cloud: Node.js, without what supervises it. */
export function taskProcesses(executionArn: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    const [program] = read(pid, 'cmdline');
    return path.basename(program) === 'node' && read(pid, 'environ').includes(`${TASK_ENV.execution}=${executionArn}`);
  });
}

/** Of a process that has ended meanwhile there is nothing. */
function read(pid: number, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [''];
  }
}
