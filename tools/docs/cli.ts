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

## Executions in the account

An [extraction](extraction.md) that was deployed with a stack is started, followed and gone on with from here too:

\`\`\`sh
cdk-legacy-to-s3 extract --stack LegacyLedger --remote                # start an execution, and follow it to its manifest
cdk-legacy-to-s3 extract --stack LegacyLedger --remote --detach       # start one, and print its ARN
cdk-legacy-to-s3 extract --stack LegacyLedger --remote --follow NAME  # follow one that was started
cdk-legacy-to-s3 status --stack LegacyLedger                          # the last executions, and the runs
cdk-legacy-to-s3 redrive --stack LegacyLedger                         # go on with the last one, which failed
cdk-legacy-to-s3 pause --stack LegacyLedger                           # read nothing more for now
cdk-legacy-to-s3 continue --stack LegacyLedger                        # go on
\`\`\`

- An execution takes \`--tables\`, \`--consistency\`, \`--plan KEY\` (of a plan in the landing bucket) and \`--resume RUN\`, of the command line
  alone; all else is of the deployment and refused by name. A config file says only how AWS is reached. \`--extraction NAME\` chooses where
  a stack has several; the name is what stands before \`ExtractionMachineArn\` in the stack's outputs.
- Progress is what the state of the run beside the landing prefix says, by chunks: lines, \`--json\`, result and exit codes are as for a run
  of this machine. Where that may not be read (\`s3:GetObject\`, \`s3:ListBucket\`), items of the Map are counted instead.
- An execution that failed ends with its error's exit code, or that of the worker that failed; one that was stopped, or is no longer
  followed, with 130; one that found another at work and was skipped, with 4.
- Ctrl-C on a terminal asks whether to stop the execution, leave it at work or follow it again; elsewhere it is left at work.
- \`redrive\` has Step Functions start again what failed, up to 14 days after the end. Where that is refused, or would fail the same way
  since chunks cannot land, a new execution resumes the run and reads only what is left; which of the two, and why, is said.
- Needed are \`cloudformation:DescribeStacks\`, and of Step Functions \`StartExecution\`, \`DescribeExecution\`, \`ListExecutions\`,
  \`ListMapRuns\`, \`DescribeMapRun\`, \`StopExecution\` and \`RedriveExecution\`, as used.
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
