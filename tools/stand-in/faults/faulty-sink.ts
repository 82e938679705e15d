import { setTimeout as delay } from 'timers/promises';
import { Fault, severityOf } from './faults';
import { PacketSink } from '../../tds/message-writer';
import { SqlError } from '../sql/errors';

/** What the connection offers a fault. */
export interface FaultyStream extends PacketSink {
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
  /** Cuts the connection once what was written is sent. */
  cut(): void;
}

/** Sends packets on, as far as the response's fault allows. */
export class FaultySink implements PacketSink {
  private fault: Fault | undefined;
  private sent = 0;
  private pacing: Promise<void> = Promise.resolve();

  constructor(private readonly stream: FaultyStream) {}

  /** Begins a response. */
  begin(fault: Fault | undefined): void {
    this.fault = fault;
    this.sent = 0;
  }

  write(data: Buffer): boolean {
    const { fault, stream } = this;
    switch (fault?.kind) {
      case 'drop':
      case 'stall': {
        const left = Math.max(0, fault.afterBytes - this.sent);
        this.sent += data.length;
        if (left >= data.length) return stream.write(data);
        if (left > 0) stream.write(data.subarray(0, left));
        if (fault.kind === 'drop') stream.cut();
        return false;
      }
      case 'slow':
        this.pacing = this.pacing.then(async () => {
          await delay(1000 * data.length / fault.bytesPerSecond, undefined, { signal: stream.gone }).catch(() => undefined);
          if (!stream.gone.aborted) stream.write(data);
        });
        return false;
      default:
        this.sent += data.length;
        return stream.write(data);
    }
  }

  async drained(): Promise<void> {
    const { fault } = this;
    if (fault?.kind === 'error' && fault.afterBytes !== undefined && this.sent > fault.afterBytes) {
      this.fault = undefined;
      throw errorOf(fault);
    }
    await this.settled();
  }

  /** Resolves when the response is sent as far as it will be. */
  async settled(): Promise<void> {
    const { fault, stream } = this;
    if ((fault?.kind === 'stall' || fault?.kind === 'drop') && this.sent > fault.afterBytes && !stream.gone.aborted) {
      await new Promise<void>((resolve) => stream.gone.addEventListener('abort', () => resolve(), { once: true }));
    }
    await this.pacing;
    await stream.drained();
  }
}

export function errorOf(fault: Extract<Fault, { kind: 'error' }>): SqlError {
  const { number, state, message = 'An error that was asked for.' } = fault;
  return new SqlError(number, message, { severity: severityOf(fault), ...(state !== undefined && { state }), line: 1 });
}
