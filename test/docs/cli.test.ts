import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './markdown-files';
import { cliPage } from '../../tools/docs/cli';

test('docs/cli.md is what the program says of itself', () => {
  expect(readFileSync(path.join(ROOT, 'docs', 'cli.md'), 'utf8')).toBe(cliPage());
});
