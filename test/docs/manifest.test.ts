import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MANIFEST_SOURCE } from './manifest-source';
import { ROOT } from './markdown-files';

const page = readFileSync(path.join(ROOT, 'docs', 'manifest.md'), 'utf8');

/** Fields of the manifest's interfaces, from their source. */
const fields = new Set([...MANIFEST_SOURCE.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name));

test('docs/manifest.md explains every field, and no other', () => {
  expect(fields.size).toBeGreaterThan(40);
  const explained = new Set([...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) => names.match(/\w+/g) ?? []));
  // Fields of a checksum stand in its own line.
  for (const name of ['algorithm', 'type', 'value']) expect(page).toContain(`\`${name}\``);
  expect([...fields].filter((name) => !explained.has(name) && !['algorithm', 'type', 'value'].includes(name))).toEqual([]);
  expect([...explained].filter((name) => !fields.has(name))).toEqual([]);
});
