import type { Progress } from './progress';

/** Shows nothing. */
export class QuietProgress implements Progress {
  public readonly onEvent = () => {};

  public finish(): void {
    // Asked to be quiet.
  }

  public close(): void {
    // Nothing was changed.
  }
}
