import { App, CfnParameter, Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag';
import { HANDLER_ENV, LandedTablesSettings } from '../../../src/contract';
import {
  ForeignRows, LandedDeletes, IcebergTablesOptions, LandedTables, LandingCatalog, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps,
  RunCompletion,
} from '../../../src/pipeline';
import { failureOf, importedParts, only, statements, synth, synthPipeline } from '../synth';

/** A text of a template; references by their logical ids. */
const printed = (value: any): string => (typeof value === 'string' ? value : value['Fn::Join'][1].map((part: any) => part.Ref ?? part).join(''));

/** What run completion is told. */
function told(template: Template): LandedTablesSettings | undefined {
  const { [HANDLER_ENV.landedTables]: text } = only(template, 'AWS::Lambda::Function', 'LedgerRunCompletion').Properties.Environment.Variables;
  return text && JSON.parse(printed(text));
}
const toldBy = (landedTables?: LandedTables, props: LegacyToS3PipelineProps = {}) => told(synthPipeline({ landedTables, ...props }).template);
const refusalOf = (landedTables: LandedTables, props: LegacyToS3PipelineProps = {}) => (
  failureOf((stack) => new LegacyToS3Pipeline(stack, 'Ledger', { landedTables, ...props }))
);

describe('run completion is told', () => {
  test.each<[string, LandedTables | undefined, LandedTablesSettings]>([
    ['nothing given', undefined, { kind: 'iceberg', foreignRows: 'refuse' }],
    ['iceberg()', LandedTables.iceberg(), { kind: 'iceberg', foreignRows: 'refuse' }],
    ['foreignRows', LandedTables.iceberg({ foreignRows: ForeignRows.KEEP }), { kind: 'iceberg', foreignRows: 'keep' }],
    ['deletes', LandedTables.iceberg({ deletes: LandedDeletes.POSITION }), { kind: 'iceberg', foreignRows: 'refuse', deletes: 'position' }],
    ['softDeletes', LandedTables.iceberg({ softDeletes: true }), { kind: 'iceberg', foreignRows: 'refuse', softDeletes: true }],
    ['no softDeletes', LandedTables.iceberg({ softDeletes: false }), { kind: 'iceberg', foreignRows: 'refuse' }],
    ['keepRuns', LandedTables.iceberg({ keepRuns: 30 }), { kind: 'iceberg', foreignRows: 'refuse', keepRuns: 30 }],
    ['keepFor', LandedTables.iceberg({ keepFor: Duration.days(400) }), { kind: 'iceberg', foreignRows: 'refuse', keepForDays: 400 }],
    ['hive()', LandedTables.hive(), { kind: 'hive' }],
    ['none()', LandedTables.none(), { kind: 'none' }],
  ])('%s', (_name, tables, expected) => {
    expect(toldBy(tables)).toEqual(expected);
  });

  test('what is known only at deployment, as a number', () => {
    const { template } = synthPipeline((stack) => ({
      landedTables: LandedTables.iceberg({ keepRuns: new CfnParameter(stack, 'Runs', { type: 'Number' }).valueAsNumber }),
    }));
    const { [HANDLER_ENV.landedTables]: text } = only(template, 'AWS::Lambda::Function', 'LedgerRunCompletion').Properties.Environment.Variables;
    expect(text['Fn::Join'][1]).toEqual([expect.stringMatching(/"keepRuns":$/), { Ref: 'Runs' }, '}']);
  });

  test('nothing where there is no catalog, and none may be given', () => {
    expect(toldBy(undefined, { catalog: false })).toBeUndefined();
    expect(toldBy(LandedTables.none(), { catalog: false })).toBeUndefined();
    for (const tables of [LandedTables.iceberg(), LandedTables.hive()]) {
      expect(refusalOf(tables, { catalog: false })).toBe('Stack/Ledger: landedTables cannot be set together with catalog: false, which makes no catalog');
    }
  });
});

describe('proveByQuery', () => {
  const landedTables = LandedTables.iceberg({ proveByQuery: true, bytesScannedCutoff: Size.gibibytes(2) });
  const { template, made, stack } = synthPipeline({ landedTables });

  test('queries run in a workgroup of their own, which stops them at the cutoff', () => {
    const { Name, WorkGroupConfiguration } = only(template, 'AWS::Athena::WorkGroup', 'LedgerCatalogProofWorkGroup').Properties;
    const Ref = expect.stringMatching(/^LedgerCatalogProofWorkGroup/);
    expect(told(template)).toEqual({ kind: 'iceberg', foreignRows: 'refuse', proveInWorkGroup: Ref, proveBytesLimit: 2 * 2 ** 30 });
    expect(stack.resolve(made.catalog!.proofWorkGroup!.workGroupRef.workGroupName)).toEqual({ Ref });
    expect(Name).toBe(`${made.catalog!.workGroupName}-proofs`);
    expect(WorkGroupConfiguration).toMatchObject({ EnforceWorkGroupConfiguration: true, BytesScannedCutoffPerQuery: 2 * 2 ** 30 });
    expect(JSON.stringify(WorkGroupConfiguration.ResultConfiguration.OutputLocation)).toContain('/results/proofs/');
    expect(only(template, 'AWS::Athena::WorkGroup', 'LedgerCatalogWorkGroup').Properties.WorkGroupConfiguration.BytesScannedCutoffPerQuery).toBe(100 * 2 ** 30);
  });

  test('run completion may query there and nowhere else, and only then', () => {
    const athenaOf = (of: Template) => statements(of, 'LedgerRunCompletionRole').filter(({ Action }) => [Action].flat().some((each) => each.startsWith('athena:')));
    const [{ Resource }, ...others] = athenaOf(template);
    expect(others).toEqual([]);
    expect(printed(Resource)).toMatch(/:workgroup\/LedgerCatalogProofWorkGroup[0-9A-F]{8}$/);
    expect(athenaOf(synthPipeline().template)).toEqual([]);
    const written = statements(template, 'LedgerRunCompletionRole').filter(({ Action }) => Action.includes('s3:PutObject')).flatMap(({ Resource: each }) => each);
    expect(written.map((each: any) => each['Fn::Join'][1].slice(-1)[0]).sort()).toEqual(['/_tables/*', '/results/proofs/*', '/run-snapshots/*', '/runs/*']);
  });
});

test.each<[IcebergTablesOptions, string]>([
  [{ deletes: 'rows' as LandedDeletes }, "deletes must be one of equality, position, got 'rows'"],
  [{ foreignRows: 'merge' as ForeignRows }, "foreignRows must be one of refuse, keep, drop, got 'merge'"],
  [{ keepRuns: 0 }, 'keepRuns must be a whole number of at least 1, got 0'],
  [{ keepRuns: 1.5 }, 'keepRuns must be a whole number of at least 1, got 1.5'],
  [{ keepFor: Duration.hours(1) }, 'keepFor must be whole days from 1 day to 36500 days, got 1 hour'],
  [{ bytesScannedCutoff: Size.gibibytes(1) }, 'bytesScannedCutoff needs proveByQuery: true: it is of those queries alone'],
  [{ bytesScannedCutoff: Size.mebibytes(9), proveByQuery: true }, 'bytesScannedCutoff must be at least 10 MB, got 9437184 bytes'],
])('refuses %j', (options, message) => {
  expect(refusalOf(LandedTables.iceberg(options))).toBe(`Stack/Ledger/Catalog: ${message}`);
});

test('a workgroup of one\'s own without a place for results cannot prove', () => {
  const athenaWorkGroup = athena.CfnWorkGroup.fromWorkGroupName(new Stack(), 'Team', 'team');
  expect(refusalOf(LandedTables.iceberg({ proveByQuery: true }), { athenaWorkGroup }))
    .toBe('Stack/Ledger/Catalog: proveByQuery needs queryResultsBucket beside athenaWorkGroup: its queries run in a workgroup of their own, whose results need a place');
});

test('a text in place of the object is refused', () => {
  expect(refusalOf('iceberg' as unknown as LandedTables)).toBe('Stack/Ledger: landedTables must be an object, such as LandedTables.iceberg(…), got "iceberg"');
});

describe('a prefix that is known only at deployment', () => {
  const trigger = (stack: Stack) => LandingTrigger.s3Notification({ prefix: new CfnParameter(stack, 'Prefix').valueAsString });

  test('makes Hive tables, and says so', () => {
    const { template, stack } = synthPipeline((scope) => ({ trigger: trigger(scope) }));
    expect(told(template)).toEqual({ kind: 'hive' });
    Annotations.fromStack(stack).hasWarning('/Stack/Ledger/Catalog', Match.stringLikeRegexp('landed tables are Hive tables: the watched prefix is known only at deployment'));
  });

  test('says nothing where Hive tables are asked for, and refuses Iceberg', () => {
    const { stack } = synthPipeline((scope) => ({ trigger: trigger(scope), landedTables: LandedTables.hive() }));
    Annotations.fromStack(stack).hasNoWarning('/Stack/Ledger/Catalog', Match.anyValue());
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { trigger: trigger(scope), landedTables: LandedTables.iceberg() })))
      .toContain('Stack/Ledger/Catalog: LandedTables.iceberg() needs a prefix that is known at synthesis, got a token');
  });
});

describe('RunCompletion by itself', () => {
  const make = (catalogTables: LandedTables | undefined, landedTables?: LandedTables) => (stack: Stack) => {
    const parts = importedParts(stack);
    const catalog = catalogTables && new LandingCatalog(stack, 'Catalog', { bucket: parts.bucket, landedTables: catalogTables });
    return new RunCompletion(stack, 'Completion', { ...parts, pipelineName: 'ledger', catalog, landedTables });
  };

  test('makes what its catalog is made for', () => {
    expect(synth(make(LandedTables.hive())).made.landedTables.kind).toBe('hive');
    expect(synth(make(LandedTables.iceberg())).made.landedTables.kind).toBe('iceberg');
    expect(synth(make(undefined)).made.landedTables.kind).toBe('none');
  });

  test.each<[LandedTables | undefined, LandedTables, string]>([
    [undefined, LandedTables.iceberg(), 'landedTables needs catalog, which the tables are registered in, got none'],
    [LandedTables.hive(), LandedTables.iceberg(), "landedTables must be what the catalog is made for, 'hive', got 'iceberg': give it to the catalog"],
    [
      LandedTables.iceberg(), LandedTables.iceberg({ proveByQuery: true }),
      'proveByQuery needs a catalog with a workgroup for it, got one without: give the option to the catalog',
    ],
    [LandedTables.iceberg(), LandedTables.iceberg({ keepRuns: 0 }), 'keepRuns must be a whole number of at least 1, got 0'],
  ])('refuses: %#', (catalogTables, landedTables, message) => {
    expect(failureOf(make(catalogTables, landedTables))).toBe(`Stack/Completion: ${message}`);
  });
});

describe('alarms, graph and metrics of commits', () => {
  const titles = (props: LegacyToS3PipelineProps) => JSON.stringify(only(synthPipeline(props).template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody);

  test('are there with Iceberg tables alone', () => {
    expect(titles({})).toContain('Tables of complete runs');
    for (const props of [{ landedTables: LandedTables.hive() }, { landedTables: LandedTables.none() }, { catalog: false }]) {
      expect(titles(props)).not.toContain('Tables of complete runs');
      const { made } = synthPipeline(props);
      expect(Object.keys(made.alarms).filter((kind) => kind.startsWith('tables'))).toEqual([]);
    }
  });

  test('are run completion\'s', () => {
    const { made } = synthPipeline({ pipelineName: 'ledger' });
    const { metrics } = made;
    const committed = [metrics.metricTablesCommitted(), metrics.metricTablesNotCommitted(), metrics.metricTablesNotProven()];
    for (const metric of [...committed, metrics.metricTablesCountedOtherwise(), metrics.metricTablesNotCounted()]) {
      expect([metric.namespace, metric.dimensions]).toEqual(['CdkLegacyToS3/ledger', { service: 'run-completion' }]);
    }
  });
});

test('run completion may go on in another invocation, by a policy that waits for the function', () => {
  const { template } = synthPipeline();
  const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('LedgerRunCompletionGoOnPolicy')).map(([, each]) => each.Properties);
  expect(policy.PolicyDocument.Statement).toEqual([{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^LedgerRunCompletionFunction/), 'Arn'] } }]);
  expect(policy.Roles).toEqual([{ Ref: expect.stringMatching(/^LedgerRunCompletionRole/) }]);
  const loops = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([, each]) => each.Properties.RecursiveLoop !== undefined);
  expect(loops.map(([id, { Properties }]) => [id.replace(/Function\w+$/, ''), Properties.RecursiveLoop])).toEqual([['LedgerRunCompletion', 'Allow'], ['LedgerCompactor', 'Allow']]);
});

test.each([AwsSolutionsChecks, HIPAASecurityChecks])('cdk-nag finds nothing in what proving takes: %p', (Pack) => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { landedTables: LandedTables.iceberg({ proveByQuery: true }) });
  const { violations } = new Pack(app).validateScope(app);
  const found = violations.flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`));
  expect(found.filter((each) => /ProofWorkGroup|RunCompletion\/(Role|GoOn)/.test(each))).toEqual([]);
  expect(pipeline.bucket).toBeInstanceOf(s3.Bucket);
});
