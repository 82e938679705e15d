import { VerifyProgress, verifyLine } from '../../../src/cli/progress/verify-progress';

const PROGRESS = { objects: 3, totalObjects: 12, rows: 1_200_000, totalRows: 4_000_000, sizeBytes: 29_000_000, totalBytes: 100_000_000 };

function lines(isTerminal: boolean, columns?: number) {
  const written: string[] = [];
  let seconds = 100;
  const progress = new VerifyProgress({ columns, write: (text) => written.push(text) }, isTerminal, () => seconds);
  return { written, progress, after: (more: number) => { seconds += more; } };
}

test('the line tells objects, rows, bytes, share and speed', () => {
  expect(verifyLine(PROGRESS, 2)).toMatch(/^read back {2}3 of 12 objects, 1,200,000 of 4,000,000 rows, .* of .* \(29 %\), 600,000 rows\/s$/);
});

test('before the last object is read whole it is not 100 %', () => {
  expect(verifyLine({ ...PROGRESS, sizeBytes: PROGRESS.totalBytes }, 2)).toContain('(99 %)');
  expect(verifyLine({ ...PROGRESS, sizeBytes: PROGRESS.totalBytes, objects: 12 }, 2)).toContain('(100 %)');
});

test('on a terminal the line is written over, no longer than the terminal is wide, and gone in the end', () => {
  const { written, progress } = lines(true, 40);
  progress.onProgress(PROGRESS);
  progress.onProgress(PROGRESS);
  progress.line('problem: something');
  progress.close();
  expect(written).toEqual([
    `\r\x1b[K${verifyLine(PROGRESS, 0).slice(0, 38)}…`, `\r\x1b[K${verifyLine(PROGRESS, 0).slice(0, 38)}…`, '\r\x1b[K', 'problem: something\n',
  ]);
});

test('elsewhere there is a line every ten seconds', () => {
  const { written, progress, after } = lines(false);
  progress.onProgress(PROGRESS);
  after(10);
  progress.onProgress(PROGRESS);
  after(9);
  progress.onProgress(PROGRESS);
  progress.close();
  expect(written).toEqual([`${verifyLine(PROGRESS, 10)}\n`]);
});
