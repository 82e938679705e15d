/** Requests to a store at the same time: as many as an AWS client of ours has connections (aws/client-settings.ts). */
export const IN_FLIGHT = 64;

/**
 * Works on items, {@link IN_FLIGHT} of them at the same time, and gives what comes of them in their order: no more than that many
 * results are held. All that was begun has ended when it throws or is left.
 */
export async function* inFlight<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const begun: Array<Promise<R>> = [];
  try {
    for (const item of items) {
      if (begun.length === IN_FLIGHT) yield await begun.shift()!;
      const result = work(item);
      // It may fail while an earlier one is waited for.
      result.catch(() => undefined);
      begun.push(result);
    }
    while (begun.length > 0) yield await begun.shift()!;
  } finally {
    await Promise.allSettled(begun);
  }
}

/** Works on items as {@link inFlight}, for what it does and not for a result. */
export async function eachInFlight<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  for await (const _ of inFlight(items, work));
}
