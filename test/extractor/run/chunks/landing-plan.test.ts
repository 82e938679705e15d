import type { ManifestColumn } from '../../../../src/contract';
import { LandingPlan } from '../../../../src/extractor/run/chunks/landing-plan';
import { schemaFingerprint } from '../../../../src/extractor/run/tables/landed-table';

const RUN_ID = '20260131T235959123Z-4f9a1c';
const COLUMN: ManifestColumn = { name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' };

describe('LandingPlan', () => {
  const dataset = { database: 'Ledger', schema: 'dbo', table: 'Größe' };

  test('gives keys and headers of the contract', () => {
    const plan = new LandingPlan('landing/', dataset, RUN_ID, { name: 'csv', compression: 'gzip' });
    expect(plan.header(7, 2, [COLUMN])).toEqual({
      key: `landing/database=Ledger/schema=dbo/table=Gr%C3%B6%C3%9Fe/run=${RUN_ID}/part-00007-0002.csv.gz`,
      contentType: 'application/gzip',
      metadata: { ...dataset, runId: RUN_ID, part: '00007-0002', format: 'csv', compression: 'gzip', schemaFingerprint: schemaFingerprint([COLUMN]) },
    });
  });

  test.each([
    ['csv', 'none', 'text/csv; charset=utf-8'], ['jsonl', 'none', 'application/x-ndjson'], ['jsonl', 'zstd', 'application/zstd'],
    ['parquet', 'zstd', 'application/vnd.apache.parquet'],
  ] as const)('%s with %s has content type %s', (name, compression, contentType) => {
    expect(new LandingPlan('', dataset, RUN_ID, { name, compression }).header(0, 0, []).contentType).toBe(contentType);
  });

  test('refuses keys longer than S3 allows', () => {
    expect(() => new LandingPlan('', { ...dataset, table: '表'.repeat(110) }, RUN_ID, { name: 'csv', compression: 'none' })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining('1024') }));
  });
});
