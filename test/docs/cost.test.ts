import { readFileSync } from 'node:fs';
import path from 'node:path';
import { marshall } from '@aws-sdk/util-dynamodb';
import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { LOG_METRICS, METRICS, type ObjectItem, datasetRunFolder } from '../../src/contract';
import { ExtractionMode } from '../../src/pipeline';
import { definitionIn, synthExtraction } from '../pipeline/extraction/made';
import { synthPipeline } from '../pipeline/synth';

const text = readFileSync(path.resolve(__dirname, '..', '..', 'docs', 'cost.md'), 'utf8');

/** Rows of the tables of costs, and the sum under each. */
const tables = text.split(/\n\n/).filter((block) => block.startsWith('| What | Units')).map((block) => {
  const rows = block.trim().split('\n').slice(2).map((line) => line.split('|').slice(1, -1).map((cell) => cell.replace(/[*,]/g, '').trim()));
  const costs = rows.slice(0, -1).map(([what, units, price, cost]) => ({ what, units: Number(units), price: Number(price), cost }));
  return { rows: costs, sum: rows.at(-1)![3] };
});

test('there are four tables', () => {
  expect(tables.map(({ rows }) => rows.length)).toEqual([10, 5, 3, 6]);
});

test.each(tables.flatMap(({ rows }) => rows).map((row) => [row.what, row] as const))('%s', (_what, { units, price, cost }) => {
  expect(Math.abs(units * price - Number(cost))).toBeLessThanOrEqual(0.0051);
});

test.each(tables.map((table, index) => [index, table] as const))('the sum of table %i', (_index, { rows, sum }) => {
  expect(Math.abs(rows.reduce((total, { units, price }) => total + units * price, 0) - Number(sum))).toBeLessThanOrEqual(0.0051);
});

test('alarms are counted as the template has them', () => {
  const { template } = synthPipeline();
  const read = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
    .reduce((count, { Properties }) => count + (Properties.MetricName ? 1 : Properties.Metrics.filter((each: any) => each.MetricStat).length), 0);
  expect(tables[1].rows[0].units).toBe(read);
  expect(tables[1].rows[1].units).toBe(Object.keys(template.findResources('AWS::CloudWatch::CompositeAlarm')).length);
});

test('endpoints are counted as an extraction makes them', () => {
  const { template } = synthExtraction((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }), vpcEndpoints: true }));
  const types = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => Properties.VpcEndpointType);
  const [hours, zones] = [730, 2];
  expect(tables[2].rows[0].units).toBe(types.filter((type) => type === 'Interface').length * hours * zones);
  expect(tables[2].rows[1].units).toBe(types.filter((type) => type === 'Gateway').length * hours);
});

test('a look at the source has the states that it says', () => {
  const { States, StartAt } = definitionIn(synthExtraction({ mode: ExtractionMode.changes({ every: Duration.minutes(5) }) }));
  const { Next } = States.Begun.Choices.find(({ StringEquals }: any) => StringEquals === 'unchanged');
  expect([StartAt, States[StartAt].Next, Next, States[Next].Type]).toEqual(['Begin', 'Begun', 'Unchanged', 'Succeed']);
  const looks = 730 * 12;
  expect(tables[3].rows.slice(0, 2).map(({ units }) => units)).toEqual([3 * looks, looks]);
  expect(tables[3].rows[2].units).toBe(Math.round(looks * 2 * 1769 / 1024));
});

test('no more metrics than it says', () => {
  const [, most] = /at most (\d+) of them/.exec(text)!;
  // Recorder and run completion emit these four, and the function that compacts tables the first two.
  const shared = [METRICS.coldStarts, METRICS.coldStartDuration, METRICS.putItemLatency, METRICS.firstPutItemLatency].length + 2;
  expect(Object.keys(METRICS).length + Object.keys(LOG_METRICS).length + shared).toBe(Number(most));
});

test('an item of the usual length is one write unit', () => {
  const runId = '20260131T235959123Z-4f9a1c';
  const objectKey = `${datasetRunFolder('landing', { database: 'CoreBanking', schema: 'accounting', table: 'LedgerTransactions' }, runId)}part-00012-0003.parquet`;
  const at = '2026-02-01T00:00:00.000Z';
  const item: ObjectItem = {
    objectKey,
    versionId: 'x'.repeat(32),
    itemType: 'object',
    state: 'PRESENT',
    bucket: 'legacyledger-ledgerlandingbucket0c04baa4-705906347eedb',
    fileName: 'part-00012-0003.parquet',
    sizeBytes: 123_456_789,
    eTag: `${'0'.repeat(32)}-15`,
    checksum: `SHA256:${'A'.repeat(43)}=-15`,
    contentType: 'application/vnd.apache.parquet',
    lastModified: at,
    recordedAt: at,
    sequencer: '0'.repeat(32),
    revision: 2,
    runId,
    database: 'CoreBanking',
    schema: 'accounting',
    table: 'LedgerTransactions',
    dataset: 'CoreBanking/accounting/LedgerTransactions',
    part: '00012-0003',
    format: 'parquet',
    compression: 'zstd',
    schemaFingerprint: '0'.repeat(16),
    rows: 1_000_000,
    contentHash: '0'.repeat(64),
  };
  // Names and values in UTF-8 (DynamoDB, "Item sizes and formats"); a number takes fewer bytes than its text.
  const bytes = Object.entries(marshall(item)).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + Object.values(value).join('')), 0);
  expect(bytes).toBeLessThanOrEqual(1024);
  expect(bytes).toBeGreaterThan(700);
});
