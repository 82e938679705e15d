/** A run id: UTC to the millisecond and a random suffix, so that ids sort by time and two runs never share one. */
export const RUN_ID_PATTERN = /^\d{8}T\d{9}Z-[0-9a-z]{6}$/;

/**
 * Makes a run id such as `20260131T235959123Z-4f9a1c`.
 *
 * @param now when the run started
 * @param suffix six characters of `[0-9a-z]`
 */
export function runIdAt(now: Date, suffix: string): string {
  const id = `${now.toISOString().replace(/[-:.]/g, '')}-${suffix}`;
  if (!RUN_ID_PATTERN.test(id)) throw new RangeError(`a run id needs a year 0-9999 and a suffix of six [0-9a-z], got '${id}'`);
  return id;
}

/**
 * As {@link runIdAt}, and above another id, by a millisecond where the clock is not: the clocks of two machines differ, and one may go back.
 *
 * @param last undefined where there is none
 */
export function runIdAfter(last: string | undefined, now: Date, suffix: string): string {
  const after = last === undefined ? 0 : timeOf(last) + 1;
  return runIdAt(new Date(Math.max(now.getTime(), after)), suffix);
}

/** Milliseconds since 1970. */
function timeOf(runId: string): number {
  return Date.parse(runId.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-\w+$/, '$1-$2-$3T$4:$5:$6.$7Z'));
}
