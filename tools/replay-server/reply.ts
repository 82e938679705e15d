import type { Writable } from 'node:stream';

/** What is sent for a request: packets as they are, one buffer after the other. */
export type ReplyPackets = Iterable<Buffer> | AsyncIterable<Buffer>;

/** One response under way. */
export class Reply {
  private stopped = false;
  private complete = false;
  private readonly running: Promise<void>;

  public constructor(private readonly stream: Writable, packets: ReplyPackets) {
    this.running = this.run(packets).catch(() => {
      stream.destroy();
    });
  }

  /** @returns whether the response was cut before its end */
  public async stop(): Promise<boolean> {
    this.stopped = true;
    await this.running;
    return !this.complete;
  }

  private async run(packets: ReplyPackets): Promise<void> {
    for await (const packet of packets) {
      if (this.stopped || this.stream.destroyed) return;
      if (!this.stream.write(packet)) {
        await new Promise<void>((resolve) => {
          const go = () => {
            this.stream.off('drain', go).off('close', go);
            resolve();
          };
          this.stream.on('drain', go).on('close', go);
        });
      }
    }
    this.complete = true;
  }
}
