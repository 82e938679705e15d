import { existsSync, readFileSync } from 'node:fs';

/** What a client took for a table. */
export interface Measured {
  readonly rows: number;
  /** User and system time of all threads, of the rows alone: after the warm-up where there is one. */
  readonly cpuSeconds: number;
  /** The same since the process began, its start-up included. */
  readonly processCpuSeconds: number;
  readonly seconds: number;
  readonly peakRssMb: number;
  readonly version?: string;
}

/** What a client is asked to do. */
export interface Job {
  readonly port: string;
  readonly rows: number;
  /** Rows taken before the clock starts; 0 for none, in a process that is cold. */
  readonly warmUpRows: number;
  /** Asked for in LOGIN7, where the client can ask for it (bytes). */
  readonly packetSize: number;
}

/** A client that is measured in a process of its own; gives nothing when it is not installed. */
export type Rival = (job: Job) => Promise<Measured | undefined>;

/** After this a client that waits for something that does not come is given up (milliseconds). */
export const RIVAL_TIMEOUT_MS = 600_000;

const STATUS = '/proc/self/status';

/**
 * Most memory this process ever had (MB). Not by `maxRSS` where it can be helped: on Linux a process begins with that of
 * the one that started it (getrusage(2), kept through exec).
 */
export function peakRssMb(): number {
  const peak = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8')) : null;
  return (peak ? Number(peak[1]) : process.resourceUsage().maxRSS) / 1024;
}
