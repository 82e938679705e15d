import type { ChunkProgress, ReadJob } from './read-chunk';
import type { LandedChunk } from '../../state/landed-chunk';

/** Reads one chunk after the other over a connection of its own. */
export interface Reader {
  /** Reads a chunk, anew from its begin after failures that pass. @throws LegacyToS3Error */
  read(job: ReadJob, progress: Pick<ChunkProgress, 'onProgress'>): Promise<LandedChunk>;
  /** Ends transaction and connection. Never throws. */
  close(): Promise<void>;
}
