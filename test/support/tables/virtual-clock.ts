import { setImmediate } from 'node:timers/promises';
import { PaceClock } from '../../../src/handlers/tables/glue-pace';

/** Time that passes only while somebody waits for it. */
export class VirtualClock implements PaceClock {
  private time = 0;

  public readonly now = (): number => this.time;

  public readonly sleep = async (milliseconds: number): Promise<void> => {
    const until = this.time + milliseconds;
    await setImmediate();
    this.time = Math.max(this.time, until);
  };
}
