import { DescribeExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type sql from 'mssql';
import { ExtractFormat, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { startLocalCloud, type LocalCloud } from '../../../../tools/local-cloud';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { DeployedExtraction, type ExecutionSteps } from '../../../support/cloud/deployed-extraction';
import { removeCliBundle } from '../../../support/packages/cli-bundle';
import { connectClient, sourceOf } from '../../../support/source/stand-in-client';
import { runCli, startCli, startOnTerminal, type CliProcess, type CliResult } from '../../spawn-cli';

let cloud: LocalCloud;
let server: StandIn;
let client: sql.ConnectionPool;
let extraction: DeployedExtraction;
const environment = { ...process.env };

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  [cloud, server] = await Promise.all([startLocalCloud({ stateWaitScale: 0.01 }), startStandIn({ transactions: 3000 })]);
  client = await connectClient(server);
  extraction = await DeployedExtraction.deploy(cloud);
});
afterAll(async () => {
  extraction?.close();
  await client?.close();
  await server?.stop();
  await cloud?.stop();
  removeCliBundle();
  process.env = environment;
});

const props = (): ExtractorProps => ({ source: sourceOf(server), target: extraction.target, endpointUrl: cloud.endpoint, readers: 1 });
const SETTINGS = { tables: ['dbo.Transactions', 'ledger.Branches'], format: ExtractFormat.csv(), targetChunkRows: 1000 };
const args = (...rest: string[]) => ['--stack', extraction.stack, '--endpoint-url', cloud.endpoint, ...rest];
const cli = async (command: string, ...rest: string[]): Promise<CliResult> => runCli([command, ...args(...rest)], cloud.env);
const start = (command: string, ...rest: string[]): CliProcess => startCli([command, ...args(...rest)], cloud.env);
const stepsOf = async (arn: string): Promise<ExecutionSteps> => extraction.steps(arn, props(), SETTINGS);

/** Starts an execution that nobody follows. */
async function detached(...rest: string[]): Promise<ExecutionSteps & { readonly arn: string }> {
  const { code, stdout } = await cli('extract', '--remote', '--detach', ...rest);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^arn:aws:states:\S+:execution:\S+\n$/) });
  return Object.assign(await stepsOf(stdout.trim()), { arn: stdout.trim() });
}

/** Does what is left of an execution, but tells the machine nothing. */
async function workAll(steps: ExecutionSteps, begun: Awaited<ReturnType<ExecutionSteps['begin']>>): Promise<void> {
  for (const item of await steps.items(begun)) await steps.work(begun, item);
}

test('starts an execution and shows it as a local run is shown, to the manifest', async () => {
  const following = start('extract', '--remote', '--tables', 'dbo.Transactions', '--tables', 'ledger.Branches', '--consistency', 'read-committed');
  const [, arn] = /execution (arn:\S+) of extraction 'Nightly' is started/.exec(await following.seen('is started'))!;
  const { input } = await extraction.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  expect(JSON.parse(input!)).toEqual({ tables: SETTINGS.tables, consistency: 'readCommitted' });
  const steps = await stepsOf(arn);
  const begun = await steps.begin({ tables: SETTINGS.tables, consistency: 'readCommitted' });
  await following.seen(`run ${begun.run.runId}: 2 tables to ${extraction.target}`);
  await workAll(steps, begun);
  steps.tell('work', { answer: { finished: true } });
  await following.seen('all chunks are read; the tables are proven');
  steps.tell('complete', { answer: await steps.complete(begun) });
  const { code, stdout, stderr } = await following.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^dbo\.Transactions {2}3,000 rows in 3 objects, .* rows\/s, [\d.]+ MB\/s read$/m) });
  expect(stderr).toMatch(/^counted: |^verified: /m);
  expect(stdout).toMatch(new RegExp(`^run ${begun.run.runId}: [\\d,]+ rows of 2 tables in \\d objects, .*; consistency readCommitted`));
  expect(stdout).toContain(`manifest ${extraction.target}_runs/run=${begun.run.runId}/_manifest.json\n`);
  const status = JSON.parse((await cli('status', '--json')).stdout) as { executions: object[]; runs: object[] };
  expect(status.executions[0]).toMatchObject({ extraction: 'Nightly', execution: steps.name, state: 'succeeded', runId: begun.run.runId });
  expect(status.runs).toMatchObject([{ runId: begun.run.runId, state: 'complete', tables: 2 }]);
});

test('an execution whose worker fails is told by the worker\'s error; status shows it, and redrive goes on with it', async () => {
  const steps = await detached();
  const begun = await steps.begin();
  const [first, ...others] = await steps.items(begun);
  await steps.work(begun, first);
  steps.tell('work', { error: { name: 'SOURCE_UNREACHABLE', message: 'no route to the server' } });
  const failed = await cli('extract', '--remote', '--follow', steps.arn);
  const redriving = `cdk-legacy-to-s3 redrive --stack ${extraction.stack} ${steps.name}`;
  expect(failed.code).toBe(3);
  expect(failed.stderr).toContain(`error SOURCE_UNREACHABLE: execution ${steps.name} failed: no route to the server; when that is mended, go on with it by ${redriving}\n`);

  const { stdout } = await cli('status');
  expect(stdout).toMatch(/^extraction Nightly\nEXECUTION +STATE +STARTED +DURATION +RUN +CHUNKS +ROWS\n/);
  expect(stdout).toMatch(new RegExp(`^${steps.name} +failed, SOURCE_UNREACHABLE +\\S+ \\S+Z +\\d+ s +${begun.run.runId} +\\d of 4 +[\\d,]+$`, 'm'));
  expect(stdout).toContain(`execution ${steps.name}: no route to the server; go on with it by ${redriving}\n`);

  for (const item of others) await steps.work(begun, item);
  steps.tell('work', { answer: { finished: true } });
  steps.tell('complete', { answer: await steps.complete(begun) });
  const redriven = await cli('redrive', '--quiet');
  expect(redriven).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await cli('redrive')).toMatchObject({ code: 4, stderr: expect.stringMatching(/^error RUN_NOT_FOUND: no execution of extraction 'Nightly' failed/) });
});

test('where tables cannot land, a redrive would fail the same way: a new execution resumes the run', async () => {
  const steps = await detached();
  const begun = await steps.begin();
  await client.query('ALTER TABLE ledger.Branches ADD Later int NULL');
  try {
    await workAll(steps, begun);
  } finally {
    await client.query('ALTER TABLE ledger.Branches DROP COLUMN Later');
  }
  steps.tell('work', { answer: { finished: true } });
  const refusal = await steps.complete(begun).catch((error: Error & { code: string }) => error) as Error & { code: string };
  expect(refusal.code).toBe('SCHEMA_CHANGED');
  steps.tell('complete', { error: { name: refusal.code, message: refusal.message } });
  const failed = await cli('extract', '--remote', '--follow', steps.name);
  expect(failed).toMatchObject({ code: 3, stderr: expect.stringMatching(/^warning: \[ledger\]\.\[Branches\], chunk 0 cannot land: SCHEMA_CHANGED: /m) });

  const redriving = start('redrive');
  const [, name] = new RegExp(`^execution (\\S+) goes on with run ${begun.run.runId} of ${steps.name}: a redrive would end with SCHEMA_CHANGED again$`, 'm')
    .exec(await redriving.seen('goes on with run'))!;
  const again = await stepsOf(steps.arn.replace(steps.name, name));
  const resumed = await again.begin({ resume: begun.run.runId });
  await workAll(again, resumed);
  again.tell('work', { answer: { finished: true } });
  again.tell('complete', { answer: await again.complete(resumed) });
  const ended = await redriving.ended;
  expect(ended).toEqual({ code: 0, stderr: expect.any(String), stdout: expect.stringMatching(new RegExp(`^run ${begun.run.runId}: .* of 2 tables in 4 objects`)) });
  expect(await cli('redrive')).toMatchObject({ code: 4, stderr: expect.stringContaining(`has succeeded since ${steps.name} failed; name that one if it is meant`) });
});

test('Ctrl-C where nobody can be asked leaves the execution at work, and says how to follow it', async () => {
  const steps = await detached();
  const following = start('extract', '--remote', '--follow', steps.arn);
  await steps.begin();
  await following.seen('2 tables to');
  following.process.kill('SIGINT');
  const { code, stderr } = await following.ended;
  expect(code).toBe(130);
  expect(stderr).toContain(`error INTERRUPTED: execution ${steps.name} goes on in the account; follow it by cdk-legacy-to-s3 extract --stack ${extraction.stack} --remote --follow ${steps.name}\n`);
  await extraction.reached(steps.arn, 'RUNNING');
  expect(await cli('redrive')).toMatchObject({ code: 4, stderr: expect.stringMatching(new RegExp(`^error RUN_IN_USE: execution ${steps.name} is at work since `)) });
  await extraction.sfn.send(new StopExecutionCommand({ executionArn: steps.arn, error: 'Told', cause: 'by hand' }));
  expect(await cli('extract', '--remote', '--follow', steps.arn)).toMatchObject({
    code: 130, stderr: expect.stringContaining(`error INTERRUPTED: execution ${steps.name} was stopped: by hand; go on with it by `),
  });
});

test('Ctrl-C on a terminal asks: follow it again, or stop it', async () => {
  const steps = await detached();
  const terminal = startOnTerminal(['extract', ...args('--remote', '--follow', steps.arn)], cloud.env);
  const begun = await steps.begin();
  try {
    await terminal.seen('2 tables to');
    terminal.type('\x03');
    await terminal.seen('stop it, leave it, or follow it?');
    terminal.type('f\r');
    await terminal.seen('total  0 of 4 chunks');
    terminal.type('\x03');
    await terminal.seen('stopping: no more is shown of the execution, which goes on');
    await terminal.seen('or follow it?');
    terminal.type('stop\r');
    const { code, stdout } = await terminal.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: expect.stringContaining(`error INTERRUPTED: execution ${steps.name} was stopped; go on with it by cdk-legacy-to-s3 redrive `) });
  } finally {
    terminal.process.kill();
  }
  await extraction.reached(steps.arn, 'ABORTED');
  expect((await cli('status', '--limit', '1')).stdout).toMatch(new RegExp(`^${steps.name} +stopped, INTERRUPTED .* ${begun.run.runId} +0 of 4 +0$`, 'm'));
});

test('an execution that found another one at work extracted nothing, and says so', async () => {
  const steps = await detached();
  steps.tell('begin', { answer: { outcome: 'skipped', reason: 'execution other of extraction \'Nightly\' is at work' } });
  expect(await cli('extract', '--remote', '--follow', steps.arn)).toMatchObject({
    code: 4, stderr: `error RUN_IN_USE: execution ${steps.name} extracted nothing: execution other of extraction 'Nightly' is at work\n`,
  });
  expect((await cli('status', '--limit', '1')).stdout).toMatch(new RegExp(`^${steps.name} +skipped `, 'm'));
  // The one that was stopped before is still the last.
  expect(await cli('redrive', '--detach')).toMatchObject({ code: 0, stderr: expect.stringMatching(/^execution \S+ is redriven: what failed of it starts again\n$/) });
});

test('an execution that found nothing changed is told as such, and is no failure', async () => {
  const steps = await detached();
  const reason = 'nothing changed in ledger since run 20260131T010000000Z-abcdef';
  steps.tell('begin', { answer: { outcome: 'unchanged', reason, since: '20260131T010000000Z-abcdef' } });
  expect(await cli('extract', '--remote', '--follow', steps.arn)).toMatchObject({ code: 0, stdout: `${reason}\n`, stderr: '' });
  const told = JSON.parse((await cli('extract', '--remote', '--follow', steps.arn, '--json')).stdout.trim().split('\n').at(-1)!) as object;
  expect(told).toEqual({ type: 'execution-finished', outcome: 'unchanged', reason });
  expect((await cli('status', '--limit', '1')).stdout).toMatch(new RegExp(`^${steps.name} +unchanged `, 'm'));
  expect(await cli('redrive')).toMatchObject({ code: 4, stderr: expect.stringContaining('error RUN_COMPLETE: ') });
});

test('--json prints events as lines, the result last', async () => {
  const steps = await detached();
  const begun = await steps.begin();
  await workAll(steps, begun);
  steps.tell('work', { answer: { finished: true } });
  steps.tell('complete', { answer: await steps.complete(begun) });
  const { code, stdout, stderr } = await cli('extract', '--remote', '--follow', steps.arn, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; result?: object });
  expect(events.at(-1)).toMatchObject({ type: 'run-finished', result: { runId: begun.run.runId, tables: [{ table: 'Transactions' }, { table: 'Branches' }] } });
});

test.each<[string, string[], number, RegExp]>([
  ['an execution that is not there', ['extract', '--remote', '--follow', 'nobody'], 4, /^error TARGET_NOT_FOUND: there is no execution \S+:nobody: status lists/],
  ['another extraction\'s execution', ['extract', '--remote', '--follow', 'arn:aws:states:us-east-1:000000000000:execution:Other:x'], 2, /is no execution of extraction 'Nightly'/],
  ['an extraction that is not there', ['extract', '--remote', '--extraction', 'Weekly'], 2, /has no extraction 'Weekly', only Nightly\n$/],
  ['one to redrive that is not there', ['redrive', 'nobody'], 4, /^error TARGET_NOT_FOUND: there is no execution \S+:nobody/],
])('%s', async (_, [command, ...rest], code, message) => {
  expect(await cli(command, ...rest)).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
});

test('no such stack', async () => {
  expect(await runCli(['extract', '--remote', '--stack', 'Nowhere', '--endpoint-url', cloud.endpoint], cloud.env)).toMatchObject({
    code: 4, stderr: expect.stringMatching(/^error TARGET_NOT_FOUND: there is no stack 'Nowhere'/),
  });
});
