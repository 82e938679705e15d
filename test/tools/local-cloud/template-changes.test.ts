import type { Template } from '../../../tools/local-cloud/cloud-assembly';
import { MATH_ALARM_NAMESPACE, resolveOutputs, toLocalTemplate } from '../../../tools/local-cloud/template-changes';

const plain = {
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { MetricName: 'Errors', Namespace: 'N', Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
};

test('a template without metric-math alarms is not changed', () => {
  const template: Template = { Resources: { Plain: plain, Queue: { Type: 'AWS::SQS::Queue' } }, Outputs: { A: { Value: 'a' } } };
  expect(toLocalTemplate(template)).toEqual({ template, changes: [], mathAlarms: [] });
});

test('saved queries are left out, and it is said', () => {
  const query = { Type: 'AWS::Logs::QueryDefinition', Properties: { Name: 'folder/query', QueryString: 'limit 1' } };
  const { template, changes } = toLocalTemplate({ Resources: { Query: query, Plain: plain } });
  expect(template.Resources).toEqual({ Plain: plain });
  expect(changes).toEqual([{ logicalId: 'Query', what: 'left out', reason: expect.stringContaining('ministack') }]);
});

test('composite alarms are left out, and it is said', () => {
  const composite = { Type: 'AWS::CloudWatch::CompositeAlarm', Properties: { AlarmRule: 'FALSE' } };
  const { template, changes } = toLocalTemplate({ Resources: { Any: composite, Plain: plain } });
  expect(template.Resources).toEqual({ Plain: plain });
  expect(changes).toEqual([{ logicalId: 'Any', what: 'left out', reason: expect.stringContaining('ministack') }]);
});

test('a metric-math alarm reads one metric, and its names are resolved by outputs', () => {
  const queueName = { 'Fn::GetAtt': ['Queue', 'QueueName'] };
  const metrics = [
    { Id: 'sum', Expression: 'a + a', ReturnData: true },
    { Id: 'a', MetricStat: { Period: 60, Stat: 'Maximum', Metric: { Dimensions: [{ Name: 'QueueName', Value: queueName }] } }, ReturnData: false },
  ];
  const alarm = {
    Type: 'AWS::CloudWatch::Alarm',
    DependsOn: ['Queue'],
    Properties: { Metrics: metrics, Threshold: 1, EvaluationPeriods: 2, AlarmActions: [{ Ref: 'Topic' }] },
  };
  const { template, changes, mathAlarms } = toLocalTemplate({ Resources: { Depth: alarm, Plain: plain } });

  expect(template.Resources).toEqual({
    Depth: {
      Type: 'AWS::CloudWatch::Alarm',
      DependsOn: ['Queue'],
      Properties: {
        Namespace: MATH_ALARM_NAMESPACE,
        MetricName: 'Depth',
        Statistic: 'Maximum',
        Period: 60,
        Threshold: 1,
        EvaluationPeriods: 2,
        AlarmActions: [{ Ref: 'Topic' }],
      },
    },
    Plain: plain,
  });
  expect(changes).toEqual([{ logicalId: 'Depth', what: expect.any(String), reason: expect.stringContaining('ministack') }]);
  const [output] = Object.keys(template.Outputs!);
  expect(template.Outputs![output]).toEqual({ Value: queueName });
  const resolved = resolveOutputs(mathAlarms[0].metrics, { [output]: 'orders' });
  expect(JSON.stringify(resolved)).toContain('{"Name":"QueueName","Value":"orders"}');
  expect(JSON.stringify(resolved)).not.toContain('Fn::');
});

test('the way of a VPC to the internet is left out, and nothing waits for it', () => {
  const { template, changes } = toLocalTemplate({
    Resources: {
      Address: { Type: 'AWS::EC2::EIP' },
      Gateway: { Type: 'AWS::EC2::NatGateway', Properties: {} },
      Route: { Type: 'AWS::EC2::Route', Properties: { NatGatewayId: { Ref: 'Gateway' } } },
      Public: { Type: 'AWS::EC2::Route', Properties: { GatewayId: 'igw' } },
      Function: { Type: 'AWS::Lambda::Function', DependsOn: ['Route', 'Public'] },
    } as never,
  });
  expect(template.Resources).toEqual({
    Public: { Type: 'AWS::EC2::Route', Properties: { GatewayId: 'igw' } },
    Function: { Type: 'AWS::Lambda::Function', DependsOn: ['Public'] },
  });
  expect(changes.map(({ logicalId, what }) => [logicalId, what])).toEqual([['Address', 'left out'], ['Gateway', 'left out'], ['Route', 'left out']]);
});
