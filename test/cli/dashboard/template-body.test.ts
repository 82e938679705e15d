import { DashboardBodyError } from '../../../src/cli/dashboard/model/dashboard-body';
import { bodyOfTemplate, isTemplate } from '../../../src/cli/dashboard/template-body';
import { synthPipeline } from '../../pipeline/synth';

const names = { region: 'eu-west-1', account: '123456789012', stackName: 'Stack', physicalIds: new Map<string, string>() };
const dashboard = (DashboardBody: unknown) => ({ Resources: { D: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody } } } });

test('the pipeline\'s own template becomes a body with nothing left to resolve', () => {
  const template = synthPipeline().template.toJSON();
  const queues = Object.keys(template.Resources).filter((id) => template.Resources[id].Type === 'AWS::SQS::Queue');
  const physicalIds = new Map(queues.map((id) => [id, `https://sqs.eu-west-1.amazonaws.com/123456789012/queue-${id}`]));
  const text = bodyOfTemplate(template, { ...names, physicalIds });
  const { widgets } = JSON.parse(text);
  expect(widgets.length).toBeGreaterThan(15);
  expect(text).not.toMatch(/\[object Object\]|\$\{|Fn::/);
  expect(text).toContain('"region":"eu-west-1"');
  expect(text).toMatch(/arn:aws:cloudwatch:eu-west-1:123456789012:alarm:LedgerAlarms/);
  expect(text).toContain(`"QueueName","queue-${queues[0]}"`);
});

test.each([
  [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }, { Ref: 'Unknown' }]] }, 'a-123456789012-Unknown'],
  [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'x/y/z'] }] }, 'y'],
  ['plain', 'plain'],
])('%j', (value, text) => {
  expect(bodyOfTemplate(dashboard(value), names)).toBe(text);
});

test('what cannot be resolved is refused', () => {
  expect(() => bodyOfTemplate(dashboard({ 'Fn::Sub': 'x' }), names)).toThrow(/uses Fn::Sub, of which only/);
  expect(() => bodyOfTemplate({ Resources: {} }, names)).toThrow(new DashboardBodyError('expected a template with one AWS::CloudWatch::Dashboard, got 0'));
});

test('a body is no template', () => {
  expect([isTemplate({ widgets: [] }), isTemplate(null), isTemplate({ Resources: {} })]).toEqual([false, false, true]);
});
