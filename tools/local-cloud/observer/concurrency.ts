import type { NamespacedDatum } from './metric-data';

/** An invocation, in milliseconds since 1970. */
export interface Invocation {
  readonly functionName: string;
  readonly start: number;
  readonly end: number;
}

interface Known extends Invocation {
  /** How many ran when this one started, as was said last. */
  told: number;
}

/** An invocation is looked back at for the longest time that one may take. */
const MEMORY_MS = 15 * 60_000;

/**
 * Lambda's metric `ConcurrentExecutions`, counted from the invocations that ended: the most at once is reached when one
 * of them starts. One that runs long is heard of late, so the starts that fall into it are told again; the statistic to
 * read is Maximum.
 */
export class ConcurrencyCounter {
  private readonly functions = new Map<string, Known[]>();

  public count(ended: readonly Invocation[]): NamespacedDatum[] {
    for (const invocation of ended) {
      const known = this.functions.get(invocation.functionName) ?? [];
      // One that began and ended within a millisecond was there all the same.
      known.push({ ...invocation, end: Math.max(invocation.end, invocation.start + 1), told: 0 });
      this.functions.set(invocation.functionName, known);
    }
    return [...new Set(ended.map(({ functionName }) => functionName))].flatMap((name) => this.recount(name));
  }

  private recount(name: string): NamespacedDatum[] {
    const all = this.functions.get(name)!.sort((a, b) => a.start - b.start);
    const ends = all.map(({ end }) => end).sort((a, b) => a - b);
    const data: NamespacedDatum[] = [];
    let over = 0;
    all.forEach((invocation, index) => {
      while (ends[over] <= invocation.start) over += 1;
      const running = Math.max(1, index + 1 - over);
      if (running <= invocation.told) return;
      invocation.told = running;
      data.push(datum(invocation, running));
    });
    this.functions.set(name, all.filter(({ end }) => end > ends[ends.length - 1] - MEMORY_MS));
    return data;
  }
}

function datum({ functionName, start }: Invocation, running: number): NamespacedDatum {
  return {
    namespace: 'AWS/Lambda',
    datum: {
      MetricName: 'ConcurrentExecutions',
      Timestamp: new Date(start),
      Value: running,
      Unit: 'Count',
      Dimensions: [{ Name: 'FunctionName', Value: functionName }],
    },
  };
}
