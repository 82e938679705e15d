/**
 * Numbers of sys.messages after which the same request may succeed: those Microsoft's SqlClient and Entity Framework Core retry
 * by themselves ("Configurable retry logic"; SqlServerTransientExceptionDetector), those of "Troubleshoot connectivity issues
 * and other errors" of Azure SQL, and what "Database engine events and errors" says to try again.
 */
export const PASSING_NUMBERS: ReadonlySet<number> = new Set([
  // Connections and transports.
  64, 121, 233, 997, 10053, 10054, 10060,
  // A scan under NOLOCK lost its place; locks and deadlocks; memory that others have.
  601, 701, 802, 1204, 1205, 1222, 8628, 8645, 8651,
  // A database that starts, recovers, moves or changes its role.
  615, 913, 921, 922, 926, 983, 988, 4060, 4221, 42108, 42109,
  // SNAPSHOT transactions ended by others, and commit dependencies of memory-optimized tables.
  3960, 3961, 41301, 41302, 41305, 41325, 41839,
  // A server that is stopping, paused, upgrading its scripts, or has no connection to spare.
  6005, 17142, 17197, 17803, 17809, 18401,
  // Azure SQL: limits, throttling, failover, pause.
  10928, 10929, 10936, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920,
]);

/**
 * Numbers of the above that a first connection is not tried again for: a database that cannot be opened is most often one
 * whose name is wrong, and waiting would hide it.
 */
const NOT_AT_FIRST: ReadonlySet<number> = new Set([4060]);

/** Of the above those that ask for fewer requests: Azure SQL Database's limits of workers and resources, and its throttling. */
const THROTTLING: ReadonlySet<number> = new Set([10928, 10929, 10936, 40501, 49918, 49919, 49920]);

/** Whether an error says that the source has too many requests. */
export function isThrottling(number: number): boolean {
  return THROTTLING.has(number);
}

/** Whether a first connection that the server refused so may be taken in a while. */
export function mayConnectLater(number: number): boolean {
  return PASSING_NUMBERS.has(number) && !NOT_AT_FIRST.has(number);
}

const VERSIONS = 'the row versions that SNAPSHOT needs are gone: make room for the version store (tempdb, or the database\'s own), or read without it '
  + '(--consistency read-committed or database-snapshot, consistency)';
const SPACE = 'make room in tempdb and the files it names, or cut smaller chunks (--target-chunk-size, targetChunkBytes)';
const SMALLER = 'cut smaller chunks (--target-chunk-size, targetChunkBytes), or read without one long transaction (--consistency read-committed, consistency)';

/**
 * Numbers that most often come back with the same chunk, and what to do then. They are tried a few times only: a failover or
 * another's load may have been the reason.
 */
const RECURRING: ReadonlyMap<number, string> = new Map([
  [976, 'connect to the primary or the listener, or make the secondary readable and state --read-only-intent (source.readOnlyIntent)'],
  [1101, SPACE],
  [1105, SPACE],
  [3958, VERSIONS],
  [3966, VERSIONS],
  [3967, VERSIONS],
  [40549, SMALLER],
  [40550, SMALLER],
  [40551, SMALLER],
  [40552, SMALLER],
  [40553, 'cut smaller chunks (--target-chunk-size, targetChunkBytes), or read with fewer readers (--readers)'],
]);

/** What helps after errors that pass, where it is not waiting alone. */
const PASSING_REMEDIES: ReadonlyMap<number, string> = new Map([
  [601, 'rows moved while they were read without locks; another --consistency than no-lock does not have this'],
  [701, 'the server lacks memory: read with fewer readers (--readers)'],
  [802, 'the server lacks memory: read with fewer readers (--readers)'],
  [8645, 'the server lacks memory for queries: read with fewer readers (--readers)'],
  [8651, 'the server lacks memory for queries: read with fewer readers (--readers)'],
]);

/** Whether an error most often comes back with the same request. */
export function isRecurring(number: number): boolean {
  return RECURRING.has(number);
}

/** What to do about an error of a request. @returns undefined where the server's own words must do */
export function remedyOf(number: number): string | undefined {
  return RECURRING.get(number) ?? PASSING_REMEDIES.get(number);
}
