import { PlainProgress } from './plain-progress';
import { JsonProgress, QuietProgress, type Progress } from './progress';
import { TerminalProgress } from './terminal-progress';

export type { Progress } from './progress';

/** The progress that options and terminal ask for. It goes to standard error; results go to standard output. */
export function createProgress(options: { readonly json?: boolean; readonly quiet?: boolean }): Progress {
  if (options.json) return new JsonProgress(process.stdout);
  if (options.quiet) return new QuietProgress();
  return process.stderr.isTTY ? new TerminalProgress(process.stderr, process.stdout) : new PlainProgress(process.stderr, process.stdout);
}
