import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { STACK_OUTPUTS } from '../../src/contract';
import { startStandIns } from '../../tools/demo/stand-ins';
import { environmentOf } from '../../tools/local/environment';
import { deployTemplate, type LocalCloud, poll, startLocalCloud } from '../../tools/local-cloud';
import { consumerFolder } from '../support/packages/packed-package';

const ROOT = path.resolve(__dirname, '..', '..');
const EXAMPLES = path.join(ROOT, 'examples');
const TSX = path.join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const withApp = folders.filter((name) => existsSync(path.join(EXAMPLES, name, 'app.ts')));

/** Examples as a user has them: copied, beside the packed package. */
let consumer: string;
const outdirs: string[] = [];

beforeAll(() => {
  consumer = consumerFolder();
  for (const name of folders) cpSync(path.join(EXAMPLES, name), path.join(consumer, name), { recursive: true });
});
afterAll(() => {
  for (const folder of [consumer, ...outdirs]) rmSync(folder, { recursive: true, force: true });
});

/** Runs a TypeScript file of an example in its folder. */
async function run(name: string, file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [TSX, file, ...args], {
    cwd: path.join(consumer, name), env: { ...process.env, ...env },
  });
  return stdout;
}

async function synthesise(name: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'example-'));
  outdirs.push(outdir);
  await run(name, 'app.ts', [], { CDK_OUTDIR: outdir, ...env });
  return outdir;
}

async function recordedKeys(cloud: LocalCloud, TableName: string): Promise<string[]> {
  const dynamodb = new DynamoDBClient(cloud.clientConfig);
  try {
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items.map(({ objectKey }) => objectKey.S!);
  } finally {
    dynamodb.destroy();
  }
}

test('the migration has a nightly extraction where its server is named', async () => {
  const outdir = await synthesise('sql-server-migration', { NIGHTLY_SERVER: 'sql.corp.example' });
  const { Resources } = JSON.parse(readFileSync(path.join(outdir, 'FinanceMigration.template.json'), 'utf8')) as { Resources: { [id: string]: { Type: string } } };
  const types = Object.values(Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type === 'AWS::StepFunctions::StateMachine' || type === 'AWS::Scheduler::Schedule')).toHaveLength(2);
}, 120_000);

test('or one that follows its source every few minutes', async () => {
  const outdir = await synthesise('sql-server-migration', { NIGHTLY_SERVER: 'sql.corp.example', FOLLOW_MINUTES: '5' });
  const { Resources } = JSON.parse(readFileSync(path.join(outdir, 'FinanceMigration.template.json'), 'utf8')) as {
    Resources: { [id: string]: { Type: string; Properties: { ScheduleExpression?: string } } };
  };
  const schedules = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Scheduler::Schedule');
  expect(schedules.map(({ Properties }) => Properties.ScheduleExpression)).toEqual(['rate(5 minutes)']);
}, 120_000);

test('analysts of landed tables read, and operators change, what the tables need', async () => {
  const outdir = await synthesise('landed-tables');
  const { Resources } = JSON.parse(readFileSync(path.join(outdir, 'LedgerTables.template.json'), 'utf8')) as {
    Resources: { [id: string]: { Type: string; Properties: { Roles?: unknown[]; PolicyDocument?: { Statement: { Action: string | string[] }[] } } } };
  };
  const actionsOf = (role: string) => Object.values(Resources).filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles?.includes(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument!.Statement.flatMap(({ Action }) => Action));
  expect(actionsOf('trino-analysts')).toEqual(expect.arrayContaining(['s3:GetObject', 'glue:GetTable']));
  expect(actionsOf('trino-analysts').filter((action) => /:(?:Put|Update|Delete|Create)/.test(action))).toEqual([]);
  expect(actionsOf('ledger-operators')).toEqual(expect.arrayContaining(['glue:UpdateTable', 's3:PutObject', 's3:DeleteObject', 'athena:StartQueryExecution']));
}, 120_000);

test('every example has a README that the index names, and an app for the CDK command line', () => {
  const index = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
  expect(folders.length).toBeGreaterThanOrEqual(5);
  for (const name of folders) {
    expect(index).toContain(`(${name}/README.md)`);
    expect(readdirSync(path.join(EXAMPLES, name))).toEqual(expect.arrayContaining(['README.md', 'cdk.json']));
  }
});

test('all TypeScript compiles against the packed types', () => {
  const files = withApp.flatMap((name) => readdirSync(path.join(consumer, name)).filter((file) => file.endsWith('.ts')).map((file) => path.join(name, file)));
  writeFileSync(path.join(consumer, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] }, files,
  }));
  try {
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', consumer], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}, 120_000);

test.each(withApp)('%s synthesises with the packed package', async (name) => {
  const outdir = await synthesise(name);
  const [template] = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  const { Resources } = JSON.parse(readFileSync(path.join(outdir, template), 'utf8')) as { Resources: Record<string, { Type: string }> };
  const types = Object.values(Resources).map(({ Type }) => Type);
  expect(types).toContain('AWS::CloudWatch::Dashboard');
}, 60_000);

test('csv-drop records what upload.ts uploads', async () => {
  const standIns = await startStandIns({ transactions: 1000, app: 'examples/csv-drop/app.ts' });
  try {
    const uploaded = await run('csv-drop', 'upload.ts', ['accounts.csv'], environmentOf(standIns, ''));
    const key = /^s3:\/\/[^/]+\/(incoming\/\d+-accounts\.csv)\n$/.exec(uploaded)![1];
    await poll(async () => (await recordedKeys(standIns.cloud, standIns.pipeline.tableName)).includes(key), { what: `${key} in the table` });
  } finally {
    await standIns.stop();
  }
}, 120_000);

test('existing-bucket watches its prefix of a bucket that was there before', async () => {
  const assembly = await synthesise('existing-bucket', { EXISTING_BUCKET: 'was-there' });
  const cloud = await startLocalCloud();
  const s3 = new S3Client(cloud.clientConfig);
  try {
    await s3.send(new CreateBucketCommand({ Bucket: 'was-there' }));
    const { outputs } = await deployTemplate(cloud, assembly);
    for (const Key of ['elsewhere/a.csv', 'landing/b.csv']) await s3.send(new PutObjectCommand({ Bucket: 'was-there', Key, Body: 'x' }));
    const table = outputs[`Ledger${STACK_OUTPUTS.tableName}`];
    await poll(async () => (await recordedKeys(cloud, table)).length > 0, { what: 'an object in the table' });
    expect(await recordedKeys(cloud, table)).toEqual(['landing/b.csv']);
  } finally {
    s3.destroy();
    await cloud.stop();
  }
}, 120_000);

test('sql-server-migration goes the whole way on the stand-in', async () => {
  const command = 'examples/sql-server-migration/migrate.sh --on-stand-in';
  const { stdout } = await promisify(execFile)(process.execPath, [
    TSX, 'tools/local/main.ts', '--app', 'examples/sql-server-migration/app.ts', '--transactions', '1000', '--run', command,
  ], { cwd: ROOT, env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } });
  expect(stdout).toMatch(/59,004 rows of 6 tables in 6 objects/);
  const shown = /```text\n([\s\S]*?)```/.exec(readFileSync(path.join(EXAMPLES, 'sql-server-migration', 'README.md'), 'utf8'))![1];
  expect(stdout.trimEnd().endsWith(shown.trimEnd())).toBe(true);
}, 180_000);
