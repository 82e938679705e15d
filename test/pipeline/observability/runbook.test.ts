import * as fs from 'fs';
import * as path from 'path';
import { Duration } from 'aws-cdk-lib';
import { LandingTrigger } from '../../../src/pipeline';
import { synthPipeline } from '../synth';

const headings = fs.readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('## '))
  .map((line) => line.slice(3).toLowerCase().replace(/[^a-z0-9 -]/g, '').replace(/ /g, '-'));

const { template } = synthPipeline({ runFreshness: Duration.hours(24), trigger: LandingTrigger.buffered() });

test.each(Object.entries(template.findResources('AWS::CloudWatch::Alarm')))('%s links to a heading of the runbook', (_id, { Properties }) => {
  const anchor = /runbook\.md#([a-z-]+)/.exec(JSON.stringify(Properties.AlarmDescription))?.[1];
  expect(headings).toContain(anchor);
});
