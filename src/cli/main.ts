import { createProgram } from './program';
import { reportError } from './report-error';

async function main(): Promise<void> {
  // Node's own notes (an address as TLS name, say) are not for the user.
  process.noDeprecation = true;
  try {
    process.exitCode = await createProgram().run(process.argv.slice(2));
  } catch (error) {
    process.exitCode = reportError(error, { debug: process.argv.includes('--debug'), json: process.argv.includes('--json') });
  }
}

void main();
