import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseLocalArguments } from '../../../tools/local/arguments';
import { nextSteps, shellExports } from '../../../tools/local/environment';

test('defaults and options', () => {
  expect(parseLocalArguments([])).toEqual({ app: 'examples/quickstart/app.ts', transactions: 100_000, run: undefined });
  expect(parseLocalArguments(['--transactions', '2000'])).toMatchObject({ transactions: 2000 });
  expect(parseLocalArguments(['--help'])).toBe('help');
  expect(() => parseLocalArguments(['--app', 'examples/none.ts'])).toThrow("--app must be a file of the clone, got 'examples/none.ts'");
  expect(() => parseLocalArguments(['--transactions', '1'])).toThrow(/from 1000 to 10000000, got '1'/);
});

test('a shell reads every value back as it was', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'env-'));
  const file = path.join(folder, 'env.sh');
  const values = { ONE: "it's $HOME", TWO: '`ls` "quoted" \\' };
  writeFileSync(file, shellExports(values));
  const read = execFileSync('sh', ['-c', `. '${file}'; printf '%s\\n' "$ONE" "$TWO"`], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(read).toBe(`${values.ONE}\n${values.TWO}\n`);
});

test('the next steps show no secret', () => {
  expect(nextSteps('/x/env.sh', 'LegacyLedger')).toContain('. /x/env.sh\n');
  expect(nextSteps('/x/env.sh', 'LegacyLedger')).not.toContain('PASSWORD');
});
