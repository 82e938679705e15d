/**
 * Goes on without a word when nobody reads standard output or error any more (`--help | head -1`); without it the first write
 * that fails with EPIPE ends the process with a stack. Any other fault of an output, such as a full disk, still does.
 */
export function surviveClosedOutputs(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
  }
}
