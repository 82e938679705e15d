/**
 * What a pipeline adds to a synth: fresh Node processes that synthesise an app with an empty stack; the same after loading
 * what a pipeline loads of aws-cdk-lib, without using it; with the resources of a pipeline's template as they are, so that
 * nothing is made nor resolved; with the services of a pipeline written by hand, one of each (a bucket, a function, a table,
 * a queue, a topic, an alarm and a dashboard); and with one pipeline and two.
 *
 *     npx tsx bench/synth-time.ts [--rounds 9] [--json]
 *
 * It measures the compiled library: build it first.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  /** Of the wall time, loading this library, with what it needs of aws-cdk-lib at once. */
  readonly loadLibrary: number;
  /** Of the wall time, making the constructs. */
  readonly build: number;
  /** Of the wall time, `app.synth()`. */
  readonly synth: number;
}

export const VARIANTS = ['empty stack', 'modules alone', 'template alone', 'by hand', 'pipeline', 'two pipelines'] as const;
type Variant = typeof VARIANTS[number];

const APPS: { readonly [name in Variant]: string } = {
  'empty stack': '',
  'modules alone': `
    for (const file of prepared.modules) require(file);`,
  'template alone': `
    for (const [id, { Type, Properties }] of Object.entries(prepared.resources)) {
      new cdk.CfnResource(stack, id, { type: Type, properties: Properties });
    }`,
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
  'two pipelines': `
    for (const id of ['Ledger', 'Billing']) new library.LegacyToS3Pipeline(stack, id, { alarmEmail: 'operator@example.com' });`,
};

/** What variants need of a pipeline. */
interface Prepared {
  /** The files of aws-cdk-lib that its synth loads. */
  readonly modules: readonly string[];
  /** Of its template, by logical id. */
  readonly resources: { readonly [id: string]: { readonly Type: string; readonly Properties?: object } };
}

const program = (variant: Variant) => `
  const prepared = JSON.parse(require('node:fs').readFileSync(process.argv[3], 'utf8'));
  const used = process.cpuUsage();
  const started = performance.now();
  const cdk = require('aws-cdk-lib');
  const loadedCdk = performance.now();
  ${variant.endsWith('pipeline') || variant.endsWith('pipelines') ? `const library = require(${JSON.stringify(LIBRARY)}); library.LegacyToS3Pipeline;` : ''}
  const loaded = performance.now();
  const app = new cdk.App({ outdir: process.argv[1], analyticsReporting: false });
  const stack = new cdk.Stack(app, 'Stack');
  ${APPS[variant]}
  const built = performance.now();
  app.synth();
  const ended = performance.now();
  const { user, system } = process.cpuUsage(used);
  console.log(JSON.stringify({
    wall: ended - started, cpu: (user + system) / 1000,
    loadCdk: loadedCdk - started, loadLibrary: loaded - loadedCdk, build: built - loaded, synth: ended - built,
  }));`;

function prepare(): Prepared {
  const listing = `
    const modules = Object.keys(require.cache).filter((file) => file.includes('/node_modules/'));
    const template = require('node:path').join(process.argv[1], 'Stack.template.json');
    console.log(JSON.stringify({ modules, resources: JSON.parse(require('node:fs').readFileSync(template, 'utf8')).Resources }));`;
  return JSON.parse(evaluate(`${program('pipeline')}\n${listing}`, { modules: [], resources: {} }).trim().split('\n').pop()!);
}

/** Measures each variant `rounds` times, taking turns, after one round that warms the file cache. */
export function measureSynth(rounds: number): SynthFigures[] {
  if (!existsSync(LIBRARY)) throw new Error(`no library at ${LIBRARY}: run 'node tools/build/if-changed.js' first`);
  const prepared = prepare();
  const seen = VARIANTS.map((): Omit<SynthFigures, 'name'>[] => []);
  for (let round = 0; round <= rounds; round++) {
    VARIANTS.forEach((variant, index) => {
      const figures = JSON.parse(evaluate(program(variant), prepared)) as Omit<SynthFigures, 'name'>;
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
      build: median((figures) => figures.build),
      synth: median((figures) => figures.synth),
    };
  });
}

/** What a program prints in a process of its own. */
function evaluate(source: string, prepared: Prepared): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'synth-time-'));
  try {
    const [outdir, bundle, file] = [path.join(folder, 'cdk.out'), path.join(ROOT, 'assets', 'recorder'), path.join(folder, 'prepared.json')];
    writeFileSync(file, JSON.stringify(prepared));
    return execFileSync(process.execPath, ['--eval', source, outdir, bundle, file], { cwd: ROOT, encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): void {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' }, json: { type: 'boolean', default: false } } });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number of at least 1, got '${values.rounds}'`);
  const figures = measureSynth(rounds);
  if (values.json) return console.log(JSON.stringify(figures, undefined, 2));
  console.log(`medians of ${rounds} rounds, milliseconds\n`);
  console.log('                  wall     cpu  aws-cdk-lib  library  build  synth');
  for (const { name, wall, cpu, loadCdk, loadLibrary, build, synth } of figures) {
    const columns = [[wall, 7], [cpu, 8], [loadCdk, 13], [loadLibrary, 9], [build, 7], [synth, 7]];
    console.log(name.padEnd(15) + columns.map(([value, width]) => value.toFixed(0).padStart(width)).join(''));
  }
  const [empty, modules, template, byHand, pipeline, two] = figures;
  const added = ({ wall }: SynthFigures) => (wall - empty.wall).toFixed(0);
  const ratio = (value: number, base: number) => (value / base).toFixed(1);
  console.log(`\na pipeline adds ${added(pipeline)} ms to an empty stack, one of each of its services by hand ${added(byHand)} ms;`);
  const times = ratio(pipeline.wall - empty.wall, modules.wall - empty.wall);
  console.log(`of it, loading what it uses of aws-cdk-lib is ${added(modules)} ms (the whole is ${times} times that),`);
  console.log(`writing the same template ${added(template)} ms;`);
  console.log(`a second pipeline in the stack adds ${(two.wall - pipeline.wall).toFixed(0)} ms`);
  const cpu = ([['modules alone', modules], ['by hand', byHand], ['pipeline', pipeline], ['two pipelines', two]] as const)
    .map(([name, figure]) => `${name} ${ratio(figure.cpu, empty.cpu)}`).join(', ');
  console.log(`CPU, as a multiple of an empty stack's: ${cpu}`);
}

if (require.main === module) main();
