import { LegacyToS3Error } from '../../extractor/doors/public';

/**
 * Goes on without a word when nobody reads standard output or error any more (`| head -1`): a run lands all the same, and
 * its exit code tells what came of it.
 *
 * @returns what to ask in the end: the error of an output that could not be written for another reason, such as a full disk
 */
export function surviveClosedOutputs(): () => LegacyToS3Error | undefined {
  let failure: LegacyToS3Error | undefined;
  for (const [stream, name] of [[process.stdout, 'output'], [process.stderr, 'error']] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Who reads no more wants no more; what is written after that fails likewise.
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return;
      failure ??= new LegacyToS3Error(error.code === 'ENOSPC' ? 'TARGET_FULL' : 'TARGET_WRITE_FAILED',
        `cannot write to standard ${name}: ${error.message}; what was printed is not whole`, { cause: error });
    });
  }
  return () => failure;
}
