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

## Landed tables

Runs that are snapshots of [Iceberg tables](iceberg.md), of a folder (\`--to file:///folder\`) or of a deployed pipeline (\`--stack\`):

\`\`\`sh
cdk-legacy-to-s3 extract --server db --user reader --database Ledger --to file:///data --landed-tables iceberg   # a run, then a snapshot of each table
cdk-legacy-to-s3 tables --landed --to file:///data                             # which tables there are, and which run each shows
cdk-legacy-to-s3 query "SELECT count(*) FROM ledger_dbo_accounts" --to file:///data             # by DuckDB on this machine
cdk-legacy-to-s3 query "SELECT count(*) FROM ledger_dbo_accounts" --stack LegacyLedger --run RUN  # by Athena, as a run left the table
cdk-legacy-to-s3 rollback ledger_dbo_accounts --run RUN --stack LegacyLedger   # let readers see an earlier run
cdk-legacy-to-s3 expire --keep-runs 12 --dry-run --stack LegacyLedger          # what would go if the last 12 runs stay
cdk-legacy-to-s3 tables rebuild --dry-run --to file:///data                    # all metadata again, from the manifests of complete runs
cdk-legacy-to-s3 tables relocate --to file:///moved                            # after /data was moved to /moved
\`\`\`

- \`--landed-tables iceberg\` commits the run when it is complete, table by table: one that cannot be committed leaves the others
  committed and ends with exit code 6; \`tables commit RUN\` tries again. It is for Parquet in folders; in a bucket run completion of the
  pipeline does it. \`--json\` tells each table as an event \`table-committed\` before the result.
- Tables are named as in Glue: database, schema and table in lower case, joined by \`_\`. One that began anew has its former generation
  beside it, \`<name>_g<N>\`; with \`--run\` the name itself stands for the generation that the run was of.
- \`query\` runs one statement, and one that only reads. Of a folder DuckDB answers it, which is not part of this package
  (\`npm install @duckdb/node-api\`): it can open the files of the named tables and nothing else. Of a pipeline Athena does, in the
  pipeline's workgroup with that one's limit; tables of a \`--run\` are filled in as \`FOR VERSION AS OF\` its snapshots. \`--max-bytes\` refuses
  a query whose tables have larger files together than that, whatever columns it needs.
- \`expire\` deletes landed files of runs, which then cannot be verified or rebuilt any more; their manifests stay. Runs of changes that the
  history of a table names stay whole.
- \`tables rebuild\` forgets rollbacks and others' rows; the metadata of before stays where it was unless \`--delete-old\` is given. Deletes are by key
  or by position as those of the table of before, where that can be read.
- Needed for a pipeline are \`cloudformation:DescribeStacks\`, \`glue:GetTables\`, \`glue:GetTable\`, \`s3:GetObject\` and \`s3:ListBucket\`; for \`query\` what
  \`grantQuery\` gives; for changes what \`grantWriteTables\` gives, for \`expire\` and \`tables rebuild\` also \`dynamodb:UpdateItem\` and
  \`dynamodb:GetItem\` of the metadata table, and \`s3:DeleteObject\` of what goes.
`;

function help(...args: string[]): string {
  return execFileSync(process.execPath, [BIN, ...args, '--help'], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

/** Names of the commands in a help. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name);
}

/** The page, from the bundled command line. */
export function cliPage(): string {
  const pages = (...parents: string[]): string[] => {
    const told = help(...parents);
    const page = `## ${parents.join(' ')}\n\n\`\`\`text\n${told.trimEnd()}\n\`\`\`\n`;
    return [...(parents.length === 0 ? [] : [page]), ...commandsIn(told).flatMap((name) => pages(...parents, name))];
  };
  return [INTRODUCTION, ...pages()].join('\n');
}

if (require.main === module) writeFileSync(path.join(ROOT, 'docs', 'cli.md'), cliPage());
