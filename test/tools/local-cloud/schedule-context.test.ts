import { execFileSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** What a target is invoked with by the emulator's sweep, which takes ten seconds to come: here it is called at once. */
const SCRIPT = `
import json, sys
sys.path.insert(0, 'tools/local-cloud')
import schedule_context
from ministack.services import eventbridge
invoked = []
eventbridge._invoke_target = lambda target, event, *rest: invoked.append(target)
schedule_context.install()
target = {'Arn': 'arn', 'Input': '{"at":"<aws.scheduler.scheduled-time>","by":"<aws.scheduler.schedule-arn>","id":"<aws.scheduler.execution-id>","nr":"<aws.scheduler.attempt-number>"}'}
event = {'Source': 'aws.scheduler', 'Time': 1769821200.5, 'EventId': 'id-1', 'Resources': ['arn:schedule']}
eventbridge._invoke_target(target, event, {})
eventbridge._invoke_target({'Arn': 'arn'}, event, {})
eventbridge._invoke_target(target, {**event, 'Source': 'aws.events'}, {})
print(json.dumps([each.get('Input') for each in invoked]))
`;

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
test('context attributes in the input of a schedule are replaced, those of a rule are not', () => {
  const output = execFileSync(path.join(ROOT, '.venv', 'bin', 'python'), ['-c', SCRIPT], { cwd: ROOT, encoding: 'utf8' });
  const [replaced, none, ofRule] = JSON.parse(output.trim().split('\n').at(-1)!) as Array<string | null>;
  expect(JSON.parse(replaced!)).toEqual({ at: '2026-01-31T01:00:00Z', by: 'arn:schedule', id: 'id-1', nr: '1' });
  expect([none, ofRule]).toEqual([null, expect.stringContaining('<aws.scheduler.scheduled-time>')]);
});
