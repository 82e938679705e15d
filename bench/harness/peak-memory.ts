import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/**
 * Most memory this process ever had (MB). Not by `maxRSS` where it can be helped: on Linux a process begins with that of
 * the one that started it (getrusage(2), kept through exec).
 */
export function peakRssMb(): number {
  const peak = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8')) : null;
  return (peak ? Number(peak[1]) : process.resourceUsage().maxRSS) / 1024;
}
