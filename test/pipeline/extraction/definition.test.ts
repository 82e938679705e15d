import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { definitionIn, make, synthExtraction } from './made';
import { ExtractionWorkers } from '../../../src';
import { EXTRACTION_PASSING_ERRORS, MAX_ITEMS } from '../../../src/contract';
import { FAULTS, THROTTLES } from '../../../src/pipeline/extraction/extraction-definition';
import { vpcOf } from '../prop-case-sets';
import { synth } from '../synth';

/** Rules that hold for each state of an extraction's state machine. */

const definition = definitionIn(synthExtraction({
  timeout: Duration.hours(20), workers: ExtractionWorkers.lambda({ timeout: Duration.minutes(10) }),
}));
const processor = definition.States.Chunks.ItemProcessor;

/** Every state with its name, those of the Map's children among them. */
const states: [string, any][] = [...Object.entries<any>(definition.States), ...Object.entries<any>(processor.States)];
const tasks = states.filter(([, { Type }]) => Type === 'Task');

test('there are three tasks, by the versions of two functions', () => {
  expect(Object.fromEntries(tasks.map(([name, { Resource }]) => [name, Resource.replace(/[0-9A-Fa-f]{40,}/, '')]))).toEqual({
    Begin: '<NightlyControlFunctionCurrentVersion>', Complete: '<NightlyControlFunctionCurrentVersion>', Work: '<NightlyWorkerFunctionCurrentVersion>',
  });
});

test.each(tasks)('%s waits for room as long as it takes, and tries faults and what may pass again six times', (_name, { Retry }) => {
  expect(Retry).toEqual([
    { ErrorEquals: THROTTLES, IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 99999999, JitterStrategy: 'FULL' },
    { ErrorEquals: FAULTS, IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 120, MaxAttempts: 6, JitterStrategy: 'FULL' },
    { ErrorEquals: EXTRACTION_PASSING_ERRORS, IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 300, MaxAttempts: 6, JitterStrategy: 'FULL' },
  ]);
});

test('retries name each error once: those of AWS, and codes that may pass, not all of a kind', () => {
  const named = [...THROTTLES, ...FAULTS, ...EXTRACTION_PASSING_ERRORS];
  expect(new Set(named).size).toBe(named.length);
  expect(named.filter((name) => !/^(Lambda\.\w+|Runtime\.(ExitError|OutOfMemory)|Sandbox\.Timedout|States\.Timeout)$/.test(name))).toEqual(EXTRACTION_PASSING_ERRORS);
});

test.each(tasks)('%s is given up on a minute after the function must have answered', (name, { TimeoutSeconds }) => {
  expect(TimeoutSeconds).toBe(name === 'Work' ? 660 : 960);
});

test.each(states)('%s catches nothing: what was left is not redriven', (_name, state) => {
  expect(state).not.toHaveProperty('Catch');
});

test('every state is reached, and every way ends', () => {
  for (const { StartAt, States } of [definition, processor]) {
    const nextOf = (name: string): string[] => {
      const { Next, Default, Choices = [] } = States[name];
      return [Next, Default, ...Choices.map((choice: any) => choice.Next)].filter((next) => next !== undefined);
    };
    const reached = new Set<string>([StartAt]);
    for (const name of reached) nextOf(name).forEach((next) => reached.add(next));
    expect([...reached].sort()).toEqual(Object.keys(States).sort());
    expect([...reached].filter((name) => nextOf(name).length === 0 && States[name].Type !== 'Succeed' && !States[name].End)).toEqual([]);
  }
});

describe.each([
  ['tasks', ExtractionWorkers.fargate()], ['functions and tasks', ExtractionWorkers.auto()],
])('with workers that are %s', (_name, workers) => {
  const other = definitionIn(synth((stack) => make(stack, { vpc: vpcOf(stack), workers })));
  const { StartAt, States } = other.States.Chunks.ItemProcessor;

  test('every state is reached, every way ends in an empty result, and nothing is caught', () => {
    const reached = new Set<string>([StartAt]);
    for (const name of reached) {
      const { Next, Default, Choices = [] } = States[name];
      [Next, Default, ...Choices.map((choice: any) => choice.Next)].filter((next) => next !== undefined).forEach((next) => reached.add(next));
    }
    expect([...reached].sort()).toEqual(Object.keys(States).sort());
    expect(Object.values<any>(States).filter(({ End }) => End)).toEqual([{ Type: 'Pass', Result: {}, End: true }]);
    expect(Object.values<any>(States).filter(({ Catch }) => Catch)).toEqual([]);
  });

  test('all else is as with functions alone', () => {
    const { Chunks: { ItemProcessor: _, MaxConcurrency: __, ...map }, Begin: ___, ...rest } = other.States;
    const { Chunks: { ItemProcessor: ____, MaxConcurrency: _____, ...ofFunctions }, Begin: ______, ...restOfFunctions } = definition.States;
    expect([map, Object.keys(rest)]).toEqual([ofFunctions, Object.keys(restOfFunctions)]);
  });
});

test('the Map reads its items from S3, line by line, and is a failure when one child is', () => {
  const { ItemReader, ItemProcessor: { ProcessorConfig }, MaxConcurrency, Label, ResultPath, ...rest } = definition.States.Chunks;
  expect({ ItemReader, ProcessorConfig, MaxConcurrency, Label, ResultPath }).toEqual({
    ItemReader: {
      Resource: 'arn:<AWS::Partition>:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSONL' },
      Parameters: { 'Bucket.$': '$.items.bucket', 'Key.$': '$.items.key' },
    },
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    MaxConcurrency: 16,
    Label: 'Chunks',
    ResultPath: null,
  });
  expect(Object.keys(rest).filter((name) => /Tolerated|ResultWriter|Retry|ItemBatcher/.test(name))).toEqual([]);
});

test('the results of as many items as there may be are within what a state may put out', () => {
  const ends = Object.values<any>(processor.States).filter(({ End }) => End);
  expect(ends).toHaveLength(1);
  expect(JSON.stringify(Array(MAX_ITEMS).fill(ends[0].Result)).length).toBeLessThan(256 * 1024);
});

test('an execution and its waits end by the time limit, and a wait before its history is full', () => {
  const { TimeoutSeconds, States: { WaitForOther } } = definition;
  expect(TimeoutSeconds).toBe(72000);
  // Nine events for each question (25,000 in all: Step Functions, "Quotas").
  expect(Math.floor(25_000 / 9) * WaitForOther.Seconds).toBeGreaterThan(Duration.days(7).toSeconds());
});

test('what may not read waits until it is told to ask again', () => {
  expect(definition.States.WaitToBegin).toEqual({ Type: 'Wait', TimestampPath: '$.waitUntil', Next: 'Begin' });
  expect(processor.States.WaitToRead).toEqual({ Type: 'Wait', TimestampPath: '$.progress.waitUntil', Next: 'Work' });
  // The first choice that holds is taken: without a time it waits for the other execution, and goes on at once with an item.
  expect(definition.States.Begun.Choices.map(({ Next }: any) => Next)).toEqual(['Skipped', 'WaitToBegin', 'WaitForOther', 'Complete', 'Chunks']);
  expect(processor.States.Worked).toMatchObject({ Choices: [{ Next: 'Done' }, { Variable: '$.progress.waitUntil', IsPresent: true, Next: 'WaitToRead' }], Default: 'Work' });
});

test('a window is given to each worker, and only where there is one', () => {
  const window = { from: '22:00', to: '05:30', timeZone: 'Europe/Berlin' };
  const { Chunks } = definitionIn(synthExtraction({ window })).States;
  expect(Chunks.ItemSelector.window).toEqual(window);
  expect(Chunks.ItemProcessor.States.Work.Parameters['window.$']).toBe('$.window');
  expect(definition.States.Chunks.ItemSelector).not.toHaveProperty('window');
  expect(processor.States.Work.Parameters).not.toHaveProperty('window.$');
});

test('a pattern of columns is passed as it is, and is no path to Step Functions', () => {
  const { States } = definitionIn(synthExtraction({ tables: ['$.secret', '$$.Execution.Id'] }));
  expect(States.Begin.Parameters.settings).toEqual({ tables: ['$.secret', '$$.Execution.Id'] });
});

test('a deployment leaves the versions to the executions that run them', () => {
  const template = (memory: number) => {
    const stack = new Stack(new App(), 'Stack');
    make(stack, { workers: ExtractionWorkers.lambda({ memorySize: memory }), controlMemorySize: memory });
    return Template.fromStack(stack).findResources('AWS::Lambda::Version');
  };
  const [before, after] = [template(1024), template(2048)];
  expect(Object.keys(before)).toHaveLength(2);
  expect(Object.keys(after).filter((id) => id in before)).toEqual([]);
  for (const { DeletionPolicy, UpdateReplacePolicy } of Object.values(before)) expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
});
