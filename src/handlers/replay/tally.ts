import { MAX_REPLAY_FAILURES, ReplayFailure, ReplayRequest, ReplayResult } from '../../contract';

/** Counts what a replay did. */
export class Tally {
  private succeeded = 0;
  private failed = 0;
  private readonly failures: ReplayFailure[] = [];

  public success(count = 1): void {
    this.succeeded += count;
  }

  public failure(subject: string, message: string): void {
    this.failed += 1;
    if (this.failures.length < MAX_REPLAY_FAILURES) this.failures.push({ subject, message });
  }

  /** @param token where to go on; undefined when all is done */
  public result(action: ReplayRequest['action'], token?: string): ReplayResult {
    const { succeeded, failed, failures } = this;
    return { action, attempted: succeeded + failed, succeeded, failed, failures, ...token !== undefined && { token } };
  }
}
