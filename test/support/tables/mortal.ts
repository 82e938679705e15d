/** When a process ends: before its n-th request is sent, or after that was done and before it hears of it. */
export interface Death {
  readonly request: number;
  readonly when: 'before' | 'after';
}

/** A process whose requests never come back from one on. */
export class Mortal {
  private requests = 0;
  private end!: () => void;
  private readonly ended: Promise<void>;

  public constructor(private readonly death: Death) {
    this.ended = new Promise((resolve) => { this.end = resolve; });
  }

  /** The same services, whose every method is a request. */
  public with<T extends object>(services: T): T {
    return new Proxy(services, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        return typeof method === 'function' ? async (...args: unknown[]) => this.request(async () => method.apply(target, args)) : method;
      },
    });
  }

  /** @returns whether the process ended before the work did */
  public async diesDuring(work: Promise<unknown>): Promise<boolean> {
    return Promise.race([work.then(() => false), this.ended.then(() => true)]);
  }

  private async request(send: () => Promise<unknown>): Promise<unknown> {
    this.requests += 1;
    const { request, when } = this.death;
    if (this.requests < request) return send();
    if (this.requests === request && when === 'after') await send();
    this.end();
    return new Promise(() => undefined);
  }
}
