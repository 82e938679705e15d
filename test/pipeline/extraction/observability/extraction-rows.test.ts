import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { EXTRACTION_METRICS, METRICS, SERVICES } from '../../../../src/contract';
import { Extraction, ExtractionMode, LegacyToS3Pipeline } from '../../../../src/pipeline';
import { synth } from '../../synth';
import { make, pipelineOf, sourceOf, synthExtraction } from '../made';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title?: string; readonly markdown?: string };
}

/** Widgets of the only dashboard, with what only deployment knows as `<name>`. */
function widgetsOf(template: Template): Widget[] {
  const [{ Properties }] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts: unknown[] = Properties.DashboardBody['Fn::Join'][1];
  const text = parts.map((part) => typeof part === 'string' ? part : `<${JSON.stringify(part).replace(/[^A-Za-z0-9]+/g, ' ').trim()}>`).join('');
  return (JSON.parse(text) as { readonly widgets: Widget[] }).widgets;
}

const withPipeline = (props: object = {}, ofPipeline: object = {}) => synth((stack) => (
  make(stack, { pipeline: new LegacyToS3Pipeline(stack, 'Ledger', { pipelineName: 'ledger', ...ofPipeline }), extractionName: 'nightly', ...props })));
const isOwn = ({ properties }: Widget) => properties.markdown?.startsWith('## Extraction nightly') ?? false;

test('the one dashboard of the pipeline has a section of the extraction, below all else', () => {
  const before = widgetsOf(synth((stack) => new LegacyToS3Pipeline(stack, 'Ledger', { pipelineName: 'ledger' })).template);
  const widgets = widgetsOf(withPipeline().template);
  expect(JSON.stringify(widgets.slice(0, before.length)).length).toBe(JSON.stringify(before).length);
  const section = widgets.slice(before.length);
  expect(isOwn(section[0])).toBe(true);
  expect(section.slice(1).map(({ properties }) => properties.title)).toEqual([
    'Extracted', 'Executions', 'Duration of extractions', 'Rows and bytes of extractions', 'Waiting, all readers together', 'Lag behind schedule', 'Retries and throttles',
    'Dead letters', 'Alarms', 'Latest errors of the extraction',
  ]);
  const end = Math.max(...before.map(({ y, height }) => y + height));
  expect(Math.min(...section.map(({ y }) => y))).toBe(end);
  for (const { x, width } of section) expect(x + width).toBeLessThanOrEqual(24);
});

const changes = { mode: ExtractionMode.changes({ every: Duration.minutes(5) }) };

test('only where it follows its source it has a row of changes, which tells landed from applied', () => {
  const titles = (props: object) => widgetsOf(withPipeline(props).template).map(({ properties }) => properties.title).filter((title) => title?.startsWith('Changes: '));
  expect(titles({})).toEqual([]);
  expect(titles(changes)).toEqual(['Changes: rows', 'Changes: lag behind the source', 'Changes: in step and out of step']);
  const lag = widgetsOf(withPipeline(changes).template).find(({ properties }) => properties.title === 'Changes: lag behind the source')!.properties as any;
  expect(lag.metrics.map(([, name, , service]: string[]) => `${service} ${name}`)).toEqual(['nightly ChangeLagSeconds', `${SERVICES.runCompletion} ChangeLagSeconds`]);
  expect(lag.annotations.horizontal).toMatchObject([{ value: 900 }]);
});

test('it shows every metric that the functions emit but the drop of snapshots, which has an alarm, and chunks; and those of Step Functions', () => {
  const section = widgetsOf(withPipeline(changes).template);
  const shown = JSON.stringify(section.slice(section.findIndex(isOwn)));
  const { snapshotsExpired, chunks, ...others } = EXTRACTION_METRICS;
  for (const name of [...Object.values(others), METRICS.changesApplied, METRICS.changeLagSeconds, METRICS.tablesWaiting, 'ExecutionsStarted', 'ExecutionsSucceeded', 'ExecutionsFailed', 'ExecutionsTimedOut']) expect([name, shown.includes(`"${name}"`)]).toEqual([name, true]);
  expect(shown).toContain('console.aws.amazon.com/states/home?region=');
});

test('several extractions have a section each', () => {
  const { template } = synth((stack) => {
    const pipeline = new LegacyToS3Pipeline(stack, 'Ledger');
    make(stack, { pipeline });
    new Extraction(stack, 'Hourly', { pipeline, source: sourceOf(stack, 'Other') });
  });
  expect(widgetsOf(template).filter(({ properties }) => properties.markdown?.startsWith('## Extraction '))).toHaveLength(2);
});

test('none where it is not wanted, the pipeline has no dashboard, was imported, or is of another stack; the rows are there for others', () => {
  expect(widgetsOf(withPipeline({ dashboard: false }).template).some(isOwn)).toBe(false);
  withPipeline({}, { dashboard: false }).template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  const app = new App();
  const lake = new Stack(app, 'Lake');
  const nights = new Stack(app, 'Nights');
  const extraction = make(nights, { pipeline: new LegacyToS3Pipeline(lake, 'Ledger'), extractionName: 'nightly' });
  expect(widgetsOf(Template.fromStack(lake)).some(isOwn)).toBe(false);
  Annotations.fromStack(lake).hasNoError('*', Match.anyValue());
  const imported = synth((stack) => {
    make(stack, { extractionName: 'nightly' }).addToDashboard(new cloudwatch.Dashboard(stack, 'Own'));
  });
  expect(isOwn(widgetsOf(imported.template)[0])).toBe(true);
  expect(extraction.dashboardRows().flat()).toHaveLength(11);
});

test('also on a dashboard that an imported pipeline is given', () => {
  const { template } = synth((stack) => make(stack, { pipeline: pipelineOf(stack, 'landing/', 'Ledger', new cloudwatch.Dashboard(stack, 'Own')), extractionName: 'nightly' }));
  expect(isOwn(widgetsOf(template)[0])).toBe(true);
});

test('queries are saved in a folder of the extraction, each of the logs that have its lines', () => {
  const { template } = synthExtraction({ extractionName: 'nightly' });
  const saved = Object.values(template.findResources('AWS::Logs::QueryDefinition')).map(({ Properties }) => Properties);
  expect(saved.map(({ Name }) => Name)).toEqual([
    'nightly/Latest errors', 'nightly/Steps of executions', 'nightly/Retries and throttles', 'nightly/Slowest chunks', 'nightly/Tables by time', 'nightly/Slowest invocations',
  ]);
  const groups = (name: string) => JSON.stringify(saved.find(({ Name }) => Name === `nightly/${name}`)!.LogGroupNames);
  expect(groups('Steps of executions')).toMatch(/ControlLogGroup/);
  expect(groups('Slowest chunks')).toMatch(/^\[\{"Ref":"NightlyWorkerLogGroup[^"]*"\}\]$/);
  expect(synthExtraction({ savedQueries: false }).template.findResources('AWS::Logs::QueryDefinition')).toEqual({});
});
