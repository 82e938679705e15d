/** Writes docs/cli.md from the help of every command: `npx tsx tools/docs/cli.ts`. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
const BIN = path.join(ROOT, 'bin', 'cdk-legacy-to-s3.js');

const INTRODUCTION = `# Command line

\`npx cdk-legacy-to-s3 COMMAND\`, on a machine with Node.js 20.16 or newer. Errors and exit codes:
[troubleshooting](troubleshooting.md). This page is made from the program's own help by \`npx tsx tools/docs/cli.ts\`.

| environment variable | is |
|---|---|
| \`LEGACY_TO_S3_PASSWORD\` | password of the SQL Server login; it is never an argument |
| \`AWS_PROFILE\`, \`AWS_REGION\`, \`AWS_ACCESS_KEY_ID\`, … | as all AWS SDKs have them |
| \`AWS_ENDPOINT_URL\` | a local cloud or another S3-compatible store instead of AWS |
| \`NO_COLOR\` | no colours |

Results go to standard output, progress, warnings and errors to standard error. Either may be closed early (\`| head -1\`):
a run goes on without a word, commands that print end, and the exit code is what it would have been.
`;

function help(...args: string[]): string {
  return execFileSync(process.execPath, [BIN, ...args, '--help'], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

/** The page, from the bundled command line. */
export function cliPage(): string {
  const commands = [...help().matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name);
  return [INTRODUCTION, ...commands.map((name) => `## ${name}\n\n\`\`\`text\n${help(name).trimEnd()}\n\`\`\`\n`)].join('\n');
}

if (require.main === module) writeFileSync(path.join(ROOT, 'docs', 'cli.md'), cliPage());
