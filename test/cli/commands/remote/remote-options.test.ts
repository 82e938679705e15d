import { answerOf } from '../../../../src/cli/commands/remote/ask-what-then';
import { chosen, commandLine, newExecutionName } from '../../../../src/cli/commands/remote/remote-options';

const one = { name: 'Nightly', machineArn: 'arn:n', target: 's3://b/sql/', extractionName: 'S-n' };
const two = { name: 'Hourly', machineArn: 'arn:h', target: 's3://b/sql/', extractionName: 'S-n' };

test('the only extraction of a stack, or the one that is named', () => {
  expect(chosen([one], 'S', undefined)).toBe(one);
  expect(chosen([two, one], 'S', 'Nightly')).toBe(one);
});

test.each([
  [[], undefined, 'TARGET_NOT_FOUND', /^stack 'S' has no extraction: add the construct Extraction/],
  [[two, one], undefined, 'INVALID_CONFIG', /^stack 'S' has several extractions: name one with --extraction \(Hourly, Nightly\)$/],
  [[two, one], 'Weekly', 'INVALID_CONFIG', /^stack 'S' has no extraction 'Weekly', only Hourly, Nightly$/],
])('else it is said which there are: %j', (extractions, named, code, message) => {
  expect(() => chosen(extractions, 'S', named)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test('a new execution has a name of its own that Step Functions takes', () => {
  expect(newExecutionName(new Date('2026-01-02T03:04:05.678Z'))).toMatch(/^cli-20260102T030405Z-[0-9a-f]{6}$/);
  expect(newExecutionName()).not.toBe(newExecutionName());
});

test('a command to copy names stack and extraction', () => {
  expect(commandLine('redrive', { stack: 'S' }, 'x')).toBe('cdk-legacy-to-s3 redrive --stack S x');
  expect(commandLine('extract', { stack: 'S', extraction: 'N' }, '--remote')).toBe('cdk-legacy-to-s3 extract --stack S --extraction N --remote');
});

test.each([['s', 'stop'], [' Leave ', 'leave'], ['follow', 'follow'], ['', undefined], ['stopp', undefined], ['x', undefined]])('%j is %s', (text, answer) => {
  expect(answerOf(text)).toBe(answer);
});
