import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './markdown-files';
import { EXIT, EXIT_CODES } from '../../src/cli/process/exit-codes';

const text = readFileSync(path.join(ROOT, 'docs', 'troubleshooting.md'), 'utf8');

test('every error code is there, with its exit code and something to do', () => {
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(Object.fromEntries(rows.map(([, code, exit]) => [code, Number(exit)]))).toEqual(EXIT_CODES);
  for (const [, , , happened, todo] of rows) expect(Math.min(happened.length, todo.length)).toBeGreaterThanOrEqual(8);
});

test('every exit code is explained', () => {
  const listed = [...text.matchAll(/^\| (\d+) \| [^|]+ \|$/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});
