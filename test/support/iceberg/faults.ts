/** What a fault of {@link withFault} is: before a call took effect, or after. */
export type FaultPlace = 'before' | 'after';

/** Thrown in place of a call's answer. */
export class Fault extends Error {}

/** Counts calls of several objects, and lets one of them fail. */
export class Faults {
  public calls = 0;

  /** @param at number of the call that fails, from 1; of all after it none takes effect: the process is dead */
  public constructor(private readonly at = Infinity, private readonly place: FaultPlace = 'before') {}

  /** The object, its methods counted. */
  public over<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const member = Reflect.get(object, key) as unknown;
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          const call = ++this.calls;
          if (call > this.at || (call === this.at && this.place === 'before')) throw new Fault(`${String(key)}, call ${call}, is refused`);
          const answer = await (member as (...given: unknown[]) => unknown).apply(object, args);
          if (call === this.at) throw new Fault(`the answer of ${String(key)}, call ${call}, is lost`);
          return answer;
        };
      },
    });
  }
}
