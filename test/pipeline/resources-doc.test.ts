import * as fs from 'fs';
import * as path from 'path';
import { synthPipeline } from './synth';

const doc = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'resources.md'), 'utf8');
const { template } = synthPipeline({ alarmEmail: 'ops@example.com' });
const types = new Map<string, number>();
for (const { Type } of Object.values<{ Type: string }>(template.toJSON().Resources)) types.set(Type, (types.get(Type) ?? 0) + 1);

test('docs/resources.md lists every type of resource that the pipeline makes', () => {
  expect([...types.keys()].filter((type) => !doc.includes(`\`${type}\``))).toEqual([]);
});

test('and no other, but for what the other triggers make', () => {
  const listed = new Set([...doc.matchAll(/`((?:AWS::\w+|Custom)::\w+)`/g)].map(([, type]) => type));
  expect([...listed].filter((type) => !types.has(type))).toEqual(['AWS::Events::Rule', 'AWS::Lambda::EventSourceMapping']);
});

test.each([['AWS::Logs::MetricFilter'], ['AWS::Logs::QueryDefinition'], ['AWS::CloudWatch::Alarm']])('it counts %s right', (type) => {
  const [, count] = new RegExp(`\`${type}\` \\| (\\d+) \\|`).exec(doc)!;
  expect(Number(count)).toBe(types.get(type));
});
