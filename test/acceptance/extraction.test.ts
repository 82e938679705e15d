import { setTimeout as delay } from 'node:timers/promises';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, RedriveExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type sql from 'mssql';
import { isStateKey } from '../../src/contract';
import { ExtractionWorkers } from '../../src/pipeline';
import { poll } from '../../tools/local-cloud';
import { startStandIn, type StandIn } from '../../tools/stand-in';
import { runCli } from '../cli/spawn-cli';
import { DeployedExtraction } from '../support/cloud/extraction-stack';
import { killOne } from '../support/cloud/function-processes';
import { removeCliBundle } from '../support/packages/cli-bundle';
import { KILL_TABLES, makeKillTables } from '../support/runs/kill-tables';
import { connectClient } from '../support/source/stand-in-client';

/** The extraction as it is deployed: the real functions in processes, under their own roles, started by the real state machine. */

let source: StandIn;
let client: sql.ConnectionPool;
let deployed: DeployedExtraction;

beforeAll(async () => {
  source = await startStandIn({ transactions: 200 });
  client = await connectClient(source);
  await makeKillTables(client);
  deployed = await DeployedExtraction.start('Nights', source, () => ({ workers: ExtractionWorkers.lambda({ maxConcurrency: 8 }) }));
}, 120_000);

afterAll(async () => {
  await deployed?.stop();
  await client?.close();
  await source?.stop();
  removeCliBundle();
});

test('an execution lands the source exactly, under its own roles, and the pipeline completes its run', async () => {
  const ended = await deployed.endOf(await deployed.begin());
  expect({ status: ended.status, error: ended.error, cause: ended.cause }).toEqual({ status: 'SUCCEEDED', error: undefined, cause: undefined });
  expect(ended.output).toMatchObject({ finished: true, rows: 4410, verification: 'verified' });
  const manifest = await deployed.expectLanded(ended.output.manifestKey, KILL_TABLES);
  expect(manifest.tables.flatMap(({ chunks = [] }) => chunks).length).toBeGreaterThan(180);
  const objects = manifest.tables.flatMap(({ objects: of }) => of.map(({ key }) => key));
  const recorded = await poll(async () => {
    const all = await deployed.records();
    return objects.every((key) => all.includes(key)) && all;
  }, { what: 'the records of what landed', deadlineMs: 60_000 });
  expect(recorded.filter(isStateKey)).toEqual([]);
}, 240_000);

/** Holds every read of a chunk back until it is allowed. */
function heldReads(): { allow(many: number): void } {
  const waiting: Array<() => void> = [];
  let allowed = 0;
  const go = () => {
    for (; allowed > 0 && waiting.length > 0; allowed--) waiting.shift()!();
  };
  source.faults.onRequest = async ({ sql: text }) => {
    if (/^SELECT \[.*FROM \[dbo\]\.\[Kill/.test(text)) await new Promise<void>((resolve) => { waiting.push(resolve); go(); });
    return undefined;
  };
  return { allow: (many) => { allowed += many; go(); } };
}

test('workers killed at random, retries used up twice, a stop, and another execution: every row lands once', async () => {
  let [seed, kills] = [7, 0];
  const random = () => (seed = (seed * 48_271) % 0x7fffffff) / 0x7fffffff;
  /** Kills workers at random moments until so many are dead, or the execution is. Meanwhile a few chunks are read. */
  const killing = async (arn: string, many: number, chunksAKill: number) => {
    for (let killed = 0; killed < many && (await deployed.describe(arn)).status === 'RUNNING';) {
      reads.allow(Math.round(random() * chunksAKill));
      await delay(150 * random());
      if (!killOne(deployed.names.worker, random)) continue;
      killed += 1;
      kills += 1;
    }
  };
  const reads = heldReads();
  const earlier = new Set(await deployed.keys());
  const arn = await deployed.begin();
  reads.allow(10);
  await poll(async () => (await deployed.keys()).some((key) => key.includes('/part-') && !earlier.has(key)), { what: 'the first part', deadlineMs: 60_000 });
  await killing(arn, 5, 6);
  for (let redrives = 0; redrives < 2; redrives++) {
    // No child ends any more, and one of them is killed as often as it is tried.
    await killing(arn, Infinity, 0);
    expect(await deployed.describe(arn)).toMatchObject({ status: 'FAILED' });
    expect((await deployed.failuresOf(arn)).filter((failure) => !failure.startsWith('Runtime.ExitError'))).toEqual([]);
    await deployed.sfn.send(new RedriveExecutionCommand({ executionArn: arn }));
    await killing(arn, 3, 6);
  }
  expect(await deployed.describe(arn)).toMatchObject({ status: 'RUNNING' });
  await deployed.sfn.send(new StopExecutionCommand({ executionArn: arn, cause: 'enough' }));
  await deployed.endOf(arn);
  const { output } = await deployed.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  expect(output).toBeUndefined();
  const [runId] = (await deployed.keys()).flatMap((key) => /^_state\/run=([^/]+)\/run\.json$/.exec(key)?.[1] ?? []);
  const next = await deployed.begin({ resume: runId });
  await killing(next, 3, 6);
  reads.allow(Infinity);
  const ended = await deployed.endOf(next);
  expect({ status: ended.status, failures: await deployed.failuresOf(next) }).toEqual({ status: 'SUCCEEDED', failures: [] });
  const manifest = await deployed.expectLanded(ended.output.manifestKey, KILL_TABLES);
  expect(manifest.runId).toBe(runId);
  expect(kills).toBeGreaterThanOrEqual(30);
  delete source.faults.onRequest;
}, 600_000);

test('the command line starts an execution, follows it, and says what landed', async () => {
  const { cloud, stackName } = deployed;
  const environment = { ...cloud.env, NODE_EXTRA_CA_CERTS: cloud.caFile };
  const args = ['extract', '--stack', stackName, '--remote', '--tables', 'dbo.KillPairs', '--region', cloud.region];
  const { code, stdout, stderr } = await runCli(args, environment);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout + stderr).toContain('1,200 rows');
  const status = await runCli(['status', '--stack', stackName, '--region', cloud.region], environment);
  expect(status.code).toBe(0);
  expect(status.stdout).toMatch(/succeeded .* 1,200/);
}, 120_000);

test('a paused extraction reads nothing until it is continued', async () => {
  const { cloud, stackName } = deployed;
  const environment = { ...cloud.env, NODE_EXTRA_CA_CERTS: cloud.caFile };
  const cli = async (command: string) => runCli([command, '--stack', stackName, '--region', cloud.region], environment);
  expect(await cli('pause')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^extraction Nightly is paused since \d{4}-/) });
  const arn = await deployed.begin({ tables: ['dbo.KillHeap'] });
  const paused = async () => (await deployed.sfn.send(new GetExecutionHistoryCommand({ executionArn: arn }))).events!.some(({ type }) => type === 'WaitStateEntered');
  await poll(paused, { what: 'the wait of a paused execution' });
  expect(await cli('continue')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^extraction Nightly, which was paused since .*, goes on\n$/) });
  expect(await deployed.endOf(arn)).toMatchObject({ status: 'SUCCEEDED', output: { rows: 200 } });
  expect((await cli('continue')).stdout).toBe('extraction Nightly was not paused\n');
}, 240_000);

test('what is wrong is told where one looks first: error and cause of the execution', async () => {
  const secrets = new SecretsManagerClient(deployed.cloud.clientConfig);
  const set = async (password: string) => secrets.send(new PutSecretValueCommand({
    SecretId: deployed.names.secret, SecretString: JSON.stringify({ username: source.user, password }),
  }));
  await set('wrong');
  const wrong = await deployed.endOf(await deployed.begin());
  expect(wrong).toMatchObject({ status: 'FAILED', error: 'LOGIN_FAILED' });
  expect(JSON.parse(wrong.cause!).errorMessage).toMatch(/login/i);
  expect(wrong.cause).not.toContain('wrong"');
  await set(source.password);
  const input = await deployed.endOf(await deployed.begin({ rowFilter: '1 = 1' }));
  expect(input).toMatchObject({ status: 'FAILED', error: 'INVALID_CONFIG' });
  expect(JSON.parse(input.cause!).errorMessage).toContain('has \'rowFilter\'; it may have tables, consistency, plan, resume');
  secrets.destroy();
}, 120_000);

test('the history of an execution holds no secret', async () => {
  const arn = await deployed.begin({ tables: ['dbo.KillHeap'] });
  await deployed.endOf(arn);
  const { events = [] } = await deployed.sfn.send(new GetExecutionHistoryCommand({ executionArn: arn, includeExecutionData: true }));
  expect(events.length).toBeGreaterThan(5);
  expect(JSON.stringify(events)).not.toContain(source.password);
}, 120_000);
