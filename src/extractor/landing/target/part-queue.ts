/** Keeps part buffers for the next part, so that a long upload allocates only a handful. */
export class BufferPool {
  private readonly free: Buffer[] = [];

  public constructor(private readonly maxFree: number) {}

  /** A buffer of exactly `bytes`, its content undefined. */
  public take(bytes: number): Buffer {
    const at = this.free.findIndex((buffer) => buffer.length === bytes);
    return at < 0 ? Buffer.allocUnsafeSlow(bytes) : this.free.splice(at, 1)[0];
  }

  public give(buffer: Buffer): void {
    if (this.free.length < this.maxFree) this.free.push(buffer);
  }
}

export interface PartQueueOptions {
  /** Size of the `index`-th part, from 0 (bytes). */
  readonly partBytes: (index: number) => number;
  /** Parts handed to `send` at the same time. */
  readonly maxInFlight: number;
  readonly pool: BufferPool;
  /** Sends one part; calls start in the parts' order. The bytes are valid until the promise settles. */
  readonly send: (part: Buffer, index: number) => Promise<void>;
}

/**
 * Cuts a stream of bytes into parts and has a bounded number of them sent at once.
 *
 * Memory: the parts in flight, one that waits and one that is being filled; more only while one write is larger.
 */
export class PartQueue {
  private current?: Buffer;
  private used = 0;
  private cut = 0;
  /** Parts in flight; these promises never reject. */
  private readonly sends = new Set<Promise<void>>();
  private bytes = 0;
  private failure?: { readonly reason: unknown };
  private readonly waiting: Array<{ readonly buffer: Buffer; readonly length: number; readonly index: number }> = [];
  private readonly blocked: Array<{ readonly ready: () => boolean; resolve(): void; reject(reason: unknown): void }> = [];

  public constructor(private readonly options: PartQueueOptions) {}

  /** Parts cut so far, the one being filled left out. */
  public get partsCut(): number {
    return this.cut;
  }

  /** Bytes taken so far. */
  public get totalBytes(): number {
    return this.bytes;
  }

  /** Copies the bytes. @returns a promise to wait for when enough is queued */
  public write(bytes: Uint8Array): void | Promise<void> {
    if (this.failure) return Promise.reject(this.failure.reason);
    this.bytes += bytes.length;
    for (let from = 0; from < bytes.length;) {
      this.current ??= this.options.pool.take(this.options.partBytes(this.cut));
      const count = Math.min(this.current.length - this.used, bytes.length - from);
      this.current.set(bytes.subarray(from, from + count), this.used);
      this.used += count;
      from += count;
      if (this.used === this.current.length) this.cutPart();
    }
    return this.waiting.length === 0 ? undefined : this.until(() => this.waiting.length === 0);
  }

  /** Bytes of the unfinished part; valid until the next call. */
  public rest(): Buffer {
    return this.current ? this.current.subarray(0, this.used) : Buffer.alloc(0);
  }

  /** Sends what is left and waits for all parts. @throws what `send` threw first */
  public async finish(): Promise<void> {
    if (this.used > 0) this.cutPart();
    await this.until(() => this.waiting.length === 0 && this.sends.size === 0);
    this.release();
  }

  /** Forgets what is queued and waits for the parts in flight, whatever their outcome. */
  public async drop(): Promise<void> {
    this.waiting.splice(0).forEach(({ buffer }) => this.options.pool.give(buffer));
    this.release();
    await Promise.all(this.sends);
  }

  /** Gives the unfinished part's buffer back. */
  public release(): void {
    if (this.current) this.options.pool.give(this.current);
    this.current = undefined;
    this.used = 0;
  }

  private cutPart(): void {
    const buffer = this.current as Buffer;
    this.waiting.push({ buffer, length: this.used, index: this.cut++ });
    this.current = undefined;
    this.used = 0;
    this.pump();
  }

  private pump(): void {
    while (!this.failure && this.sends.size < this.options.maxInFlight && this.waiting.length > 0) {
      const { buffer, length, index } = this.waiting.shift()!;
      const sent: Promise<void> = this.options.send(buffer.subarray(0, length), index)
        .catch((reason) => { this.failure ??= { reason }; })
        .then(() => {
          this.sends.delete(sent);
          this.options.pool.give(buffer);
          this.pump();
        });
      this.sends.add(sent);
    }
    this.wake();
  }

  private until(ready: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.blocked.push({ resolve, reject, ready });
      this.wake();
    });
  }

  private wake(): void {
    for (let at = 0; at < this.blocked.length;) {
      const waiter = this.blocked[at];
      if (this.failure) {waiter.reject(this.failure.reason);} else if (waiter.ready()) {waiter.resolve();} else {
        at++;
        continue;
      }
      this.blocked.splice(at, 1);
    }
  }
}
