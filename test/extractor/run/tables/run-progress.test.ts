import type { ReadJob } from '../../../../src/extractor/run/context/read-job';
import { RunProgress } from '../../../../src/extractor/run/tables/run-progress';

const MIB = 1024 * 1024;

const job = (tableIndex: number, chunk: number, megabytes: number, rows: number, estimatedRows: number | undefined = rows): ReadJob => ({
  tableIndex,
  schema: 'dbo',
  table: `T${tableIndex}`,
  chunks: 1,
  sql: '',
  parameters: [],
  subject: '',
  keyColumns: [],
  chunk: { chunk, estimatedRows: rows, estimatedBytes: megabytes * MIB },
  ...(estimatedRows !== undefined && { estimatedRows }),
});

const counts = (rows: number) => ({ rows, wireBytes: rows * 10 });

let time = 0;
beforeEach(() => { time = 1000; });

test('rows, pace and time left are of all chunks, weighed by bytes', () => {
  const progress = new RunProgress([job(0, 0, 10, 1000), job(0, 1, 10, 1000), job(1, 0, 20, 100)], [], () => time);
  time += 10_000;
  progress.update(0, 0, counts(500));
  progress.finish(0, 1, counts(1200));
  expect(progress.event()).toEqual({
    type: 'run-progress',
    rows: 1700,
    wireBytes: 17_000,
    finishedChunks: 1,
    chunks: 3,
    seconds: 10,
    rowsPerSecond: 170,
    bytesPerSecond: 1700,
    // 15 of 40 MiB in 10 s.
    etaSeconds: expect.closeTo(25 / 1.5, 6),
  });
});

test('a chunk with more rows than estimated is not done before it is finished, and one begun anew counts from zero', () => {
  const progress = new RunProgress([job(0, 0, 10, 100)], [], () => time);
  time += 9900;
  progress.update(0, 0, counts(5000));
  expect(progress.event().etaSeconds).toBeCloseTo(0.1, 6);
  progress.update(0, 0, counts(50));
  expect(progress.event()).toMatchObject({ rows: 50, etaSeconds: expect.closeTo(9.9, 6) });
  progress.finish(0, 0, counts(5000));
  expect(progress.event()).toMatchObject({ rows: 5000, finishedChunks: 1, etaSeconds: 0 });
});

test('what an earlier process landed counts as rows, but not as this one\'s pace', () => {
  const finished = [{ tableIndex: 0, chunk: 0, ...counts(1000) }];
  const progress = new RunProgress([job(0, 0, 10, 1000), job(0, 1, 10, 1000), job(0, 2, 10, 1000)], finished, () => time);
  expect(progress.event()).not.toHaveProperty('etaSeconds');
  time += 5000;
  progress.finish(0, 1, counts(1000));
  expect(progress.event()).toMatchObject({ rows: 2000, finishedChunks: 2, rowsPerSecond: 200, etaSeconds: 5 });
});

test('nothing is foretold of a query', () => {
  const query: ReadJob = { ...job(0, 0, 0, 0), estimatedRows: undefined };
  const progress = new RunProgress([query], [], () => time);
  time += 1000;
  progress.update(0, 0, counts(7));
  expect(progress.event()).toMatchObject({ rows: 7, rowsPerSecond: 7 });
  expect(progress.event()).not.toHaveProperty('etaSeconds');
});
