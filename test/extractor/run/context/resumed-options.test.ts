import type { ExtractorProps } from '../../../../src/extractor/api/extractor-props';
import { resumedOptions } from '../../../../src/extractor/run/context/resumed-options';
import type { RunOptions } from '../../../../src/extractor/run/context/run-options';
import type { RunRecord } from '../../../../src/extractor/state/checkpoint';

test('a checkpoint whose plan was changed sends nothing to the source', () => {
  const plan = {
    planVersion: 1,
    createdAt: '',
    server: 's',
    database: 'd',
    productVersion: '16',
    snapshotAllowed: true,
    warnings: [],
    refusals: [],
    tables: [{
      schema: 'dbo',
      table: 'T',
      columns: [{ name: 'Id', type: 'int', nullable: false }],
      rowFilter: '1=1; DELETE FROM T',
      primaryKey: [],
      chunkKey: [],
      estimatedRows: 1,
      estimatedBytes: 1,
      schemaHash: 'x',
      chunks: [{ chunk: 0, estimatedRows: 1, estimatedBytes: 1 }],
    }],
  };
  const resume = () => resumedOptions({} as RunOptions, {} as ExtractorProps, { runId: 'r', plan } as unknown as RunRecord);
  expect(resume).toThrow(expect.objectContaining({
    code: 'INVALID_CONFIG', message: expect.stringContaining('the checkpoint of run r was changed: plan.tables[0].rowFilter: expected one condition'),
  }));
});
