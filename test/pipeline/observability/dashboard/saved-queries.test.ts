import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import { runLogQuery } from '../../../../src/cli/dashboard/log-query/log-query';
import { SavedQueries } from '../../../../src/pipeline';
import { synthPipeline } from '../../synth';

const RECORDER = { Ref: expect.stringMatching(/^LedgerRecorderLogGroup/) };
const COMPLETION = { Ref: expect.stringMatching(/^LedgerRunCompletionLogGroup/) };
const COMPACTOR = { Ref: expect.stringMatching(/^LedgerCompactorLogGroup/) };
const queriesOf = (template: Template) => Object.values(template.findResources('AWS::Logs::QueryDefinition')).map(({ Properties }) => Properties);

test('six queries in a folder of the pipeline, each on the logs it is about', () => {
  const { template, made } = synthPipeline({ pipelineName: 'ledger' });
  expect(queriesOf(template).map(({ Name, LogGroupNames }) => [Name, LogGroupNames])).toEqual([
    ['ledger/Latest errors', [RECORDER, COMPLETION, COMPACTOR]],
    ['ledger/Runs', [COMPLETION]],
    ['ledger/Compactions', [COMPACTOR]],
    ['ledger/Recorded objects', [RECORDER]],
    ['ledger/Slowest invocations', [RECORDER, COMPLETION, COMPACTOR]],
    ['ledger/Cold starts', [RECORDER, COMPLETION, COMPACTOR]],
  ]);
  expect(Object.keys(made.savedQueries!.queries)).toHaveLength(6);
});

test('none when they are not wanted', () => {
  const { template, made } = synthPipeline({ savedQueries: false });
  template.resourceCountIs('AWS::Logs::QueryDefinition', 0);
  expect(made.savedQueries).toBeUndefined();
});

test('without run completion no query of the runs', () => {
  const stack = new Stack(new App(), 'Stack');
  new SavedQueries(stack, 'Queries', { pipelineName: 'p', logGroup: logs.LogGroup.fromLogGroupName(stack, 'LogGroup', 'group') });
  expect(queriesOf(Template.fromStack(stack)).map(({ Name, LogGroupNames }) => [Name, LogGroupNames])).toEqual(
    ['Latest errors', 'Recorded objects', 'Slowest invocations', 'Cold starts'].map((name) => [`p/${name}`, ['group']]),
  );
});

describe('each query finds its lines', () => {
  const lines = [
    { '@timestamp': '2026-01-01 00:00:01.000', 'level': 'INFO', 'message': 'object recorded', 'objectKey': 'a.csv', 'state': 'PRESENT' },
    { '@timestamp': '2026-01-01 00:00:02.000', 'level': 'ERROR', 'message': 'Failure: x (Error y)' },
    { '@timestamp': '2026-01-01 00:00:03.000', 'level': 'INFO', 'message': 'run complete', 'runId': 'r1', 'rows': '7' },
    { '@timestamp': '2026-01-01 00:00:04.000', 'level': 'WARN', 'message': 'run incomplete', 'runId': 'r2', 'problems': '1' },
    { '@timestamp': '2026-01-01 00:00:05.000', 'type': 'platform.report', 'record.metrics.durationMs': '5', 'record.metrics.initDurationMs': '300' },
    { '@timestamp': '2026-01-01 00:00:06.000', 'type': 'platform.report', 'record.metrics.durationMs': '9' },
    { '@timestamp': '2026-01-01 00:00:07.000', 'level': 'INFO', 'message': 'table compacted', 'tableName': 'ledger_dbo_accounts', 'rowsWritten': '8' },
    { '@timestamp': '2026-01-01 00:00:08.000', 'level': 'INFO', 'message': 'table left as it is', 'tableName': 'ledger_dbo_branches', 'why': 'no deletes' },
  ].map((fields) => ({ get: (name: string) => (fields as { [field: string]: string | undefined })[name] }));
  const { template } = synthPipeline({ pipelineName: 'ledger' });

  test.each<[string, number, string]>([
    ['Latest errors', 1, 'Failure: x (Error y)'],
    ['Runs', 2, 'r2'],
    ['Compactions', 2, 'ledger_dbo_branches'],
    ['Recorded objects', 1, 'a.csv'],
    ['Slowest invocations', 2, '9'],
    ['Cold starts', 1, '300'],
  ])('%s', (name, rows, inFirst) => {
    const { QueryString } = queriesOf(template).find(({ Name }) => Name === `ledger/${name}`)!;
    const table = runLogQuery(QueryString, lines);
    expect(table.rows).toHaveLength(rows);
    expect(table.rows[0]).toContain(inFirst);
  });
});
