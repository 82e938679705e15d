import * as fc from 'fast-check';
import type { ManifestColumn, ManifestTable, ManifestTableVerification, VerificationState } from '../../../../src/contract';
import { ChunkSums } from '../../../../src/extractor/run/tables/chunk-sums';
import { schemaFingerprint } from '../../../../src/extractor/run/tables/landed-table';
import { RunProof, runVerification, tableVerification } from '../../../../src/extractor/run/tables/verification';
import type { RunConsistency } from '../../../../src/extractor/source/consistency/consistency';
import type { LandedChunk } from '../../../../src/extractor/state/landed-chunk';
import { referenceVerification } from '../../../support/runs/reference-manifest';

const COLUMN: ManifestColumn = { name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' };

function landed(rows: number, verification: ManifestTableVerification = { state: 'verified', sourceSeconds: 0.5 }): ManifestTable {
  return {
    database: 'Ledger',
    schema: 'dbo',
    table: 'Accounts',
    columns: [COLUMN],
    schemaFingerprint: schemaFingerprint([COLUMN]),
    rows,
    sizeBytes: 10,
    verification,
    objects: [{ key: 'k', part: '00000-0000', rows, sizeBytes: 10, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'x' } }],
  };
}

describe('runVerification', () => {
  test('what equals is verified, and the least proven table counts', () => {
    expect(runVerification([landed(3)], 'snapshot')).toEqual({
      state: 'verified',
      sourceSeconds: 0.5,
      detail: 'the rows of every table equal COUNT_BIG, and its columns the aggregates, asked of the source in the same SNAPSHOT transaction',
    });
    expect(runVerification([landed(3), landed(3, { state: 'counted', detail: 'the source was not asked for aggregates' })], 'readCommitted')).toEqual({
      state: 'counted',
      sourceSeconds: 0.5,
      detail: 'the rows of every table equal COUNT_BIG asked of the source right after the read; dbo.Accounts: the source was not asked for aggregates',
    });
  });

  test('what is so of all tables is said once', () => {
    const off = landed(3, { state: 'counted', detail: 'the source was not asked for aggregates' });
    expect(runVerification([off, off], 'snapshot').detail)
      .toBe('the rows of every table equal COUNT_BIG asked of the source in the same SNAPSHOT transaction; the source was not asked for aggregates');
  });

  test('tables one after the other give what all of them give at once', () => {
    const detail = fc.constantFrom(undefined, 'the source was not asked for aggregates', 'not compared: "x" (masked)', 'not comparable: the source changed');
    const sourceSeconds = fc.option(fc.double({ min: 0, max: 1000, noNaN: true }), { nil: undefined });
    const someStates = fc.subarray<VerificationState>(['unverified', 'counted', 'verifiedAsVisible', 'verified'], { minLength: 1 });
    const tables = someStates.chain((states) => fc.array(fc.record({ state: fc.constantFrom(...states), detail, sourceSeconds }), { maxLength: 25 }))
      .map((all) => all.map((each, at) => ({ ...landed(at, each), table: `T${at}` })));
    const mode = fc.constantFrom<RunConsistency>('snapshot', 'databaseSnapshot', 'readCommitted', 'noLock', 'query');
    fc.assert(fc.property(tables, mode, fc.nat(2), (all, consistency, missing) => {
      expect(runVerification(all, consistency, missing)).toEqual(referenceVerification(all, consistency, missing));
    }), { numRuns: 1000 });
  });

  test('what was incomparable in one table is so in all', () => {
    const proof = new RunProof();
    proof.add(landed(3));
    expect(proof.incomparable).toBe(false);
    proof.add(landed(3, { state: 'counted', detail: 'not comparable: the source changed' }));
    proof.add(landed(3));
    expect(proof.incomparable).toBe(true);
  });

  test('a query is never verified', () => {
    expect(runVerification([landed(3, { state: 'unverified' })], 'query').state).toBe('unverified');
  });
});

function proofOf(columns: readonly ManifestColumn[], chunks: readonly LandedChunk[]): ManifestTableVerification {
  const sums = new ChunkSums();
  chunks.forEach((chunk) => sums.add(chunk));
  return tableVerification(columns, sums, chunks.reduce((sum, { sourceSeconds = 0 }) => sum + sourceSeconds, 0));
}

describe('tableVerification', () => {
  const chunk: LandedChunk = { tableIndex: 0, chunk: 2, columns: [COLUMN], rows: 3, sourceRows: '3', sourceSeconds: 0.5, differences: [], aggregated: true, wireBytes: 1, objects: [], attempts: 1, seconds: 1 };
  const columns: ManifestColumn[] = [{ ...COLUMN, framing: 'fixed' }, { ...COLUMN, name: 'Name', ordinal: 2, sourceType: 'nvarchar(10)', framing: 'shortLength' }];

  test('says of how many columns what was compared', () => {
    expect(proofOf(columns, [chunk, chunk])).toEqual({
      state: 'verified', sourceRows: 6, sourceSeconds: 1, aggregates: { nulls: 2, bytes: 1, sum: 1, least: 1, greatest: 1 },
    });
    expect(proofOf(columns, [chunk, { ...chunk, aggregated: false }])).toMatchObject({ state: 'counted', sourceRows: 6 });
    expect(proofOf(columns, [chunk, { ...chunk, sourceRows: undefined }])).toEqual({ state: 'unverified', detail: 'the source was not asked' });
  });

  test('differences are told with chunk, column and both values', () => {
    const differing = { ...chunk, differences: [{ column: 'Id', aggregate: 'sum', source: '7', landed: null }] } as const;
    expect(proofOf(columns, [differing])).toMatchObject({
      state: 'counted', detail: 'not comparable: the source changed between the read and its aggregates: chunk 2, column "Id": sum none landed, 7 in the source',
    });
    expect(proofOf(columns, [{ ...chunk, sourceRows: '5' }])).toMatchObject({ state: 'unverified', detail: expect.stringContaining('3 rows landed, 5 counted') });
  });
});
