/**
 * What a pipeline adds to a synth: fresh Node processes that synthesise an app with an empty stack; the same after loading
 * what a pipeline loads of aws-cdk-lib, without using it; with the services of a pipeline written by hand, one of each (a
 * bucket, a function, a table, a queue, a topic, an alarm and a dashboard); and with a pipeline.
 *
 *     npx tsx bench/synth-time.ts [--rounds 9] [--json]
 *
 * It measures the compiled library: build it first.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(__dirname, '..');
const LIBRARY = path.join(ROOT, 'lib', 'index.js');

/** Medians in milliseconds; CPU is user and system, of all threads. */
export interface SynthFigures {
  readonly name: Variant;
  /** Loading aws-cdk-lib and what the app uses of it, building the app and synthesising it. */
  readonly wall: number;
  readonly cpu: number;
  /** Of the wall time, loading `aws-cdk-lib` itself, before anything of it is used. */
  readonly loadCdk: number;
  /** Of the wall time, loading this library. */
  readonly loadLibrary: number;
}

export const VARIANTS = ['empty stack', 'modules alone', 'by hand', 'pipeline'] as const;
type Variant = typeof VARIANTS[number];

const APPS: { readonly [name in Variant]: string } = {
  'empty stack': '',
  'modules alone': `
    for (const file of JSON.parse(process.argv[3])) require(file);`,
  'by hand': `
    const { aws_s3: s3, aws_lambda: lambda, aws_dynamodb: dynamodb, aws_sqs: sqs, aws_sns: sns, aws_cloudwatch: cloudwatch } = cdk;
    const bucket = new s3.Bucket(stack, 'Bucket', { enforceSSL: true });
    const fn = new lambda.Function(stack, 'Function', {
      code: lambda.Code.fromAsset(process.argv[2]), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X,
      logGroup: new cdk.aws_logs.LogGroup(stack, 'LogGroup'),
    });
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new cdk.aws_s3_notifications.LambdaDestination(fn));
    new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'key', type: dynamodb.AttributeType.STRING } }).grantWriteData(fn);
    new sqs.Queue(stack, 'Queue', { enforceSSL: true });
    const alarm = fn.metricErrors().createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
    alarm.addAlarmAction(new cdk.aws_cloudwatch_actions.SnsAction(new sns.Topic(stack, 'Topic')));
    new cloudwatch.Dashboard(stack, 'Dashboard', { widgets: [[new cloudwatch.GraphWidget({ left: [fn.metricErrors()] })]] });`,
  'pipeline': `
    new library.LegacyToS3Pipeline(stack, 'Ledger', { alarmEmail: 'operator@example.com' });`,
};

const program = (variant: Variant) => `
  const used = process.cpuUsage();
  const started = performance.now();
  const cdk = require('aws-cdk-lib');
  const loadedCdk = performance.now();
  ${variant === 'pipeline' ? `const library = require(${JSON.stringify(LIBRARY)}); library.LegacyToS3Pipeline;` : ''}
  const loaded = performance.now();
  const app = new cdk.App({ outdir: process.argv[1], analyticsReporting: false });
  const stack = new cdk.Stack(app, 'Stack');
  ${APPS[variant]}
  app.synth();
  const wall = performance.now() - started;
  const { user, system } = process.cpuUsage(used);
  console.log(JSON.stringify({ wall, cpu: (user + system) / 1000, loadCdk: loadedCdk - started, loadLibrary: loaded - loadedCdk }));`;

/** The modules of aws-cdk-lib that a synth of a pipeline loads. */
function modulesOfPipeline(): string[] {
  const listing = "console.log(JSON.stringify(Object.keys(require.cache).filter((file) => file.includes('/node_modules/'))));";
  return JSON.parse(evaluate(`${program('pipeline')}\n${listing}`).trim().split('\n').pop()!);
}

/** Measures each variant `rounds` times, taking turns, after one round that warms the file cache. */
export function measureSynth(rounds: number): SynthFigures[] {
  if (!existsSync(LIBRARY)) throw new Error(`no library at ${LIBRARY}: run 'node tools/build/if-changed.js' first`);
  const modules = JSON.stringify(modulesOfPipeline());
  const seen = VARIANTS.map((): Omit<SynthFigures, 'name'>[] => []);
  for (let round = 0; round <= rounds; round++) {
    VARIANTS.forEach((variant, index) => {
      const figures = JSON.parse(evaluate(program(variant), modules)) as Omit<SynthFigures, 'name'>;
      if (round > 0) seen[index].push(figures);
    });
  }
  return VARIANTS.map((name, index) => {
    const median = (of: (figures: Omit<SynthFigures, 'name'>) => number) => {
      const sorted = seen[index].map(of).sort((a, b) => a - b);
      return sorted[Math.floor(sorted.length / 2)];
    };
    return {
      name,
      wall: median((figures) => figures.wall),
      cpu: median((figures) => figures.cpu),
      loadCdk: median((figures) => figures.loadCdk),
      loadLibrary: median((figures) => figures.loadLibrary),
    };
  });
}

/** What a program prints in a process of its own. */
function evaluate(source: string, modules: string = '[]'): string {
  const outdir = mkdtempSync(path.join(tmpdir(), 'synth-time-'));
  try {
    const bundle = path.join(ROOT, 'assets', 'recorder');
    return execFileSync(process.execPath, ['--eval', source, outdir, bundle, modules], { cwd: ROOT, encoding: 'utf8' });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function main(): void {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' }, json: { type: 'boolean', default: false } } });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number of at least 1, got '${values.rounds}'`);
  const figures = measureSynth(rounds);
  if (values.json) return console.log(JSON.stringify(figures, undefined, 2));
  console.log(`medians of ${rounds} rounds, milliseconds\n`);
  console.log('                  wall     cpu  aws-cdk-lib  library');
  for (const { name, wall, cpu, loadCdk, loadLibrary } of figures) {
    const columns = [[wall, 7], [cpu, 8], [loadCdk, 13], [loadLibrary, 9]].map(([value, width]) => value.toFixed(0).padStart(width)).join('');
    console.log(`${name.padEnd(15)}${columns}`);
  }
  const [empty, modules, byHand, pipeline] = figures;
  const added = ({ wall }: SynthFigures) => wall - empty.wall;
  const ratio = (value: number, base: number) => (value / base).toFixed(1);
  console.log(`\na pipeline adds ${added(pipeline).toFixed(0)} ms to an empty stack, the same services by hand ${added(byHand).toFixed(0)} ms;`);
  console.log(`loading what it uses of aws-cdk-lib, and nothing more, adds ${added(modules).toFixed(0)} ms: a pipeline takes ${ratio(added(pipeline), added(modules))} times that`);
  console.log(`CPU: ${ratio(pipeline.cpu, empty.cpu)} times that of an empty stack, by hand ${ratio(byHand.cpu, empty.cpu)} times, modules alone ${ratio(modules.cpu, empty.cpu)} times`);
}

if (require.main === module) main();
