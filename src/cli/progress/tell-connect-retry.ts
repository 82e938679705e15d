import { connectRetryLine } from './lines';
import type { ConnectRetryEvent } from '../../extractor/doors/public';

/** Tells, where nothing else of the command is shown meanwhile, that the source is connected to anew. */
export function tellConnectRetry(event: ConnectRetryEvent): void {
  process.stderr.write(`warning: ${connectRetryLine(event)}\n`);
}
