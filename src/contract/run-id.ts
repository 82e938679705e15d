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
