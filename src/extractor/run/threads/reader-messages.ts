import type { PlainError } from './worker-thread';
import type { ExtractEvent } from '../../api/extract-events';
import type { ChunkName } from '../../state/chunk-claims';
import type { LandedChunk } from '../../state/landed-chunk';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';

/** What a thread is started with; marks it as one of ours among a caller's own. */
export interface ThreadData {
  readonly cdkLegacyToS3: 'readers';
  readonly run: Pick<RunContext, 'runId' | 'options' | 'database' | 'consistency' | 'snapshot' | 'ways'>;
}

/** To a thread. Readers are numbered by the side that steers. */
export type ToThread =
  | { readonly type: 'read'; readonly reader: number; readonly job: ReadJob }
  | { readonly type: 'close'; readonly reader: number }
  | { readonly type: 'stop'; readonly reason: PlainError }
  /** Answer to may-complete; with an error, no. */
  | { readonly type: 'complete'; readonly question: number; readonly error?: PlainError };

/** From a thread. */
export type FromThread =
  | { readonly type: 'progress'; readonly reader: number; readonly rows: number; readonly wireBytes: number; readonly waitedMs: number }
  | { readonly type: 'landed'; readonly reader: number; readonly chunk: LandedChunk }
  | { readonly type: 'failed'; readonly reader: number; readonly error: PlainError }
  | { readonly type: 'closed'; readonly reader: number }
  | { readonly type: 'may-complete'; readonly question: number; readonly surely?: boolean; readonly chunk?: ChunkName }
  | { readonly type: 'event'; readonly event: ExtractEvent }
  | { readonly type: 'warning'; readonly message: string };
