import { createProgram } from './program';
import { reportError } from './report-error';

async function main(): Promise<void> {
  // Notes of Node (an address as TLS name) and of the SDK (Node versions of the future) are not for the user.
  process.noDeprecation = true;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  try {
    process.exitCode = await createProgram().run(process.argv.slice(2));
  } catch (error) {
    process.exitCode = reportError(error, { debug: process.argv.includes('--debug'), json: process.argv.includes('--json') });
  }
}

void main();
