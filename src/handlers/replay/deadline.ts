/** Time kept for what must be done before the answer. */
const MARGIN_MS = 10_000;

/** How much time an invocation has left for work. */
export class Deadline {
  /** @param remaining milliseconds until Lambda ends the invocation */
  public constructor(private readonly remaining: () => number) {}

  /** Milliseconds left, at least 0. */
  public left(): number {
    return Math.max(0, this.remaining() - MARGIN_MS);
  }

  /** Whether there is time for something that takes this long. */
  public allows(milliseconds: number): boolean {
    return this.left() >= milliseconds;
  }
}
