import { finishedLine, progressLine, readersLine, resultLines, totalLine } from '../../../src/cli/progress/lines';
import { PlainProgress } from '../../../src/cli/progress/plain-progress';
import { JsonProgress } from '../../../src/cli/progress/progress';
import { TerminalProgress } from '../../../src/cli/progress/terminal-progress';
import type { ExtractEvent, ExtractResult } from '../../../src/extractor/doors/public';

const TABLE = { database: 'Ledger', schema: 'dbo', table: 'Transactions' };
const RESULT: ExtractResult = {
  runId: 'r',
  manifestKey: 'k',
  manifestUrl: 'file:///x/k',
  consistency: 'snapshot',
  instants: 1,
  verification: 'counted',
  sourceCheckSeconds: 0.25,
  rows: 1200,
  objects: 1,
  sizeBytes: 2_500_000,
  seconds: 1.25,
  missingTables: [],
  warnings: [],
  tables: [{ ...TABLE, rows: 1200, objects: 1, sizeBytes: 2_500_000, seconds: 1 }],
};
const EVENTS: ExtractEvent[] = [
  { type: 'run-started', runId: 'r', target: 'file:///x/', tables: 1, consistency: 'snapshot' },
  { type: 'warning', message: 'mind this' },
  { type: 'table-started', ...TABLE, estimatedRows: 1000 },
  { type: 'table-progress', ...TABLE, rows: 600, wireBytes: 3_000_000, seconds: 0.5, estimatedRows: 1000 },
  {
    type: 'run-progress', rows: 600, wireBytes: 3_000_000, finishedChunks: 0, chunks: 4, seconds: 0.5, rowsPerSecond: 1200, bytesPerSecond: 6_000_000, etaSeconds: 130,
  },
  { type: 'table-progress', ...TABLE, rows: 1100, wireBytes: 6_000_000, seconds: 11, estimatedRows: 1000 },
  { type: 'table-finished', ...TABLE, rows: 1200, objects: 1, sizeBytes: 2_500_000, wireBytes: 6_000_000, seconds: 12 },
  { type: 'run-verified', state: 'counted', detail: 'the rows of every table equal COUNT_BIG' },
  { type: 'run-finished', result: RESULT },
];

function output(columns?: number) {
  let text = '';
  return { columns, write: (more: string) => { text += more; }, text: () => text };
}

test('plain lines: what happened, and progress every ten seconds', () => {
  const [progress, result] = [output(), output()];
  const plain = new PlainProgress(progress, result);
  EVENTS.forEach(plain.onEvent);
  plain.finish(RESULT);
  expect(progress.text().trimEnd().split('\n')).toEqual([
    'run r: 1 table to file:///x/',
    'warning: mind this',
    'dbo.Transactions  1,100 rows (99 %), 100 rows/s, 0.5 MB/s read',
    'dbo.Transactions  1,200 rows in 1 object, 2.5 MB, 12.0 s, 100 rows/s, 0.5 MB/s read',
    'counted: the rows of every table equal COUNT_BIG',
  ]);
  expect(result.text()).toBe(
    'run r: 1,200 rows of 1 table in 1 object, 2.5 MB, 1.3 s, 960 rows/s; consistency snapshot, counted (which took the source 0.3 s)\nmanifest file:///x/k\n');
});

test('a run of several instants says so', () => {
  expect(resultLines({ ...RESULT, instants: 3 })[0]).toContain('; consistency snapshot at 3 instants, counted');
});

test('one of a thing is one', () => {
  const one = { ...TABLE, rows: 1, objects: 1, sizeBytes: 1, wireBytes: 1, seconds: 1, estimatedRows: 3 };
  expect([
    progressLine({ type: 'table-progress', ...one }),
    finishedLine({ type: 'table-finished', ...one }),
    readersLine({ type: 'readers-changed', readers: 1, of: 1, reason: 'slow', detail: '-' }),
    resultLines({ ...RESULT, rows: 1 })[0],
  ]).toEqual([
    'dbo.Transactions  1 row (33 %), 1 rows/s, 0.0 MB/s read',
    expect.stringMatching(/^dbo.Transactions {2}1 row in 1 object, /),
    '1 of 1 reader may read: the source is slow; -',
    expect.stringMatching(/^run r: 1 row of 1 table in 1 object, /),
  ]);
});

test.each([[12.3, '13 s'], [130, '2 min'], [9000, '2.5 h']])('%d s left are told as %s', (etaSeconds, text) => {
  const line = totalLine({ type: 'run-progress', rows: 5, wireBytes: 1e6, finishedChunks: 1, chunks: 1, seconds: 1, rowsPerSecond: 5, bytesPerSecond: 1e6, etaSeconds });
  expect(line).toBe(`total  1 of 1 chunk, 5 rows, 5 rows/s, 1.0 MB/s read, about ${text} left`);
});

test('JSON lines: each event, the result last', () => {
  const out = output();
  const json = new JsonProgress(out);
  EVENTS.forEach(json.onEvent);
  expect(out.text().trimEnd().split('\n').map((line) => JSON.parse(line))).toEqual(EVENTS);
});

describe('on a terminal', () => {
  /** Plays what a terminal shows in the end; enough of ECMA-48 for what is written here. */
  function screen(text: string): string[] {
    const lines = [''];
    let row = 0;
    for (const [token] of text.matchAll(/\x1b\[(\d*)A|\x1b\[J|\x1b\[\d*m|\r|\n|[^\x1b\r\n]+/g)) {
      const up = /^\x1b\[(\d+)A$/.exec(token);
      if (up) row -= Number(up[1]);
      else if (token === '\x1b[J') lines.splice(row, Infinity, '');
      else if (token === '\n') lines[++row] ??= '';
      else if (token !== '\r' && !token.startsWith('\x1b')) lines[row] += token;
    }
    return lines;
  }

  test('a table at work has one line, which its result replaces', () => {
    const [out, result] = [output(60), output()];
    const terminal = new TerminalProgress(out, result, {});
    EVENTS.slice(0, 4).forEach(terminal.onEvent);
    expect(screen(out.text()).slice(2)).toEqual(['dbo.Transactions  600 rows (60 %), 1,200 rows/s, 6.0 MB/s r…'.slice(0, 58) + '…', '']);
    terminal.onEvent(EVENTS[4]);
    expect(screen(out.text()).at(-2)).toBe('total  0 of 4 chunks, 600 rows, 1,200 rows/s, 6.0 MB/s rea…');
    EVENTS.slice(5).forEach(terminal.onEvent);
    terminal.finish(RESULT);
    expect(screen(out.text())).toEqual([
      'run r: 1 table to file:///x/', 'warning: mind this',
      '✓ dbo.Transactions  1,200 rows in 1 object, 2.5 MB, 12.0 s, 100 rows/s, 0.5 MB/s read', 'counted: the rows of every table equal COUNT_BIG', '',
    ]);
    expect(result.text()).toContain('manifest file:///x/k');
  });

  test('colours are for those who want them', () => {
    const play = (env: NodeJS.ProcessEnv) => {
      const out = output(80);
      const terminal = new TerminalProgress(out, output(), env);
      EVENTS.forEach(terminal.onEvent);
      return out.text();
    };
    expect(play({})).toMatch(/\x1b\[3\dm/);
    expect(play({ NO_COLOR: '1' })).not.toMatch(/\x1b\[\d+m/);
    expect(play({ TERM: 'dumb' })).not.toMatch(/\x1b\[\d+m/);
  });
});
