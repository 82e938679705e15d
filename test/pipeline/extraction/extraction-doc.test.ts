import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { propertiesOf } from './interface-properties';
import { synthExtraction } from './made';
import { EXTRACTION_INPUTS, EXTRACTION_METRICS } from '../../../src/contract';
import { ExtractionAlarmKind, ExtractionMode, ExtractionWorkers } from '../../../src/pipeline';
import { vpcOf } from '../prop-case-sets';

const docOf = (name: string) => readFileSync(path.join(__dirname, '..', '..', '..', 'docs', `${name}.md`), 'utf8');
const doc = docOf('extraction');
const named = (name: string) => doc.includes(`\`${name}\``);

test.each([
  ['extraction/extraction-props.ts', 'ExtractionProps'],
  ['extraction/extraction-options.ts', 'ExtractionOptions'],
  ['extraction/extraction-workers.ts', 'LambdaWorkersOptions'],
  ['extraction/extraction-workers.ts', 'FargateWorkersOptions'],
  ['extraction/mode/extraction-mode.ts', 'ChangesModeOptions'],
  ['observability/alarms/alarm-options.ts', 'AlarmOptions'],
])('docs/extraction.md names every prop of %s', (file, name) => {
  expect(Object.keys(propertiesOf(`pipeline/${file}`, name)).filter((prop) => !named(prop))).toEqual([]);
});

test('it names every alarm, metric and input', () => {
  const kinds = Object.values(ExtractionAlarmKind);
  expect([...kinds, ...Object.values(EXTRACTION_METRICS), ...EXTRACTION_INPUTS].filter((name) => !named(name))).toEqual([]);
});

const { template, made } = synthExtraction((stack) => ({
  keepSnapshotFor: Duration.hours(24), overdueAfter: Duration.hours(36), vpc: vpcOf(stack), workers: ExtractionWorkers.auto(),
}));

test('it lists every type of resource that an extraction makes, but for what comes with another', () => {
  const types = new Set(Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type));
  const partsOf = ['AWS::IAM::Policy', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Version', 'AWS::Lambda::Permission', 'AWS::SQS::QueuePolicy'];
  const topic = ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'];
  expect([...types].filter((type) => !named(type) && ![...partsOf, ...topic].includes(type))).toEqual([]);
});

test('the runbook has a heading for every alarm', () => {
  const headings = docOf('runbook').split('\n').filter((line) => line.startsWith('## ')).map((line) => line.slice(3).toLowerCase().replace(/ /g, '-'));
  const followed = synthExtraction({ mode: ExtractionMode.changes({ every: Duration.minutes(5) }) }).made;
  const ids = new Set([...Object.values(made.alarms), ...Object.values(followed.alarms)].map(({ node }) => node.id));
  const anchors = [...ids].map((id) => id.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase());
  expect(anchors).toHaveLength(Object.values(ExtractionAlarmKind).length);
  expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([]);
});
