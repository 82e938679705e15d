/** Files read or written at the same time. */
export const FILE_CONCURRENCY = 48;

/** Runs a task for each item, some at the same time; after a failure none is begun, and those under way have ended when it is thrown. */
export async function forEachAtOnce<T, R>(items: readonly T[], task: (item: T, at: number) => Promise<R>, atOnce = FILE_CONCURRENCY): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      try {
        results[at] = await task(items[at], at);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return results;
}
