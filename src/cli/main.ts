import { surviveClosedOutputs } from './process/closed-outputs';
import { reportError } from './process/report-error';
import { createProgram } from './program';

async function main(): Promise<void> {
  // Notes of Node (an address as TLS name) and of the SDK (Node versions of the future) are not for the user.
  process.noDeprecation = true;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const outputFailure = surviveClosedOutputs();
  const report = (error: unknown) => reportError(error, { debug: process.argv.includes('--debug'), json: process.argv.includes('--json') });
  try {
    process.exitCode = await createProgram().run(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error);
  }
  // What was written last fails, if it does, once this has returned.
  process.once('beforeExit', () => {
    const failure = outputFailure();
    if (failure && process.exitCode === 0) process.exitCode = report(failure);
  });
}

void main();
