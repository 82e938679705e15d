import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import { readConfig } from '../../src/cli/config/read-config';
import { configurationPage, configurationSchema, EXAMPLE_CONFIG, PAGE_FILE, SCHEMA_FILE } from '../../tools/docs/configuration';

const accepts = new Ajv2020({ strict: false }).compile(configurationSchema());

test('docs/configuration.md and the JSON Schema are what the table of settings says', () => {
  expect(readFileSync(PAGE_FILE, 'utf8')).toBe(configurationPage());
  expect(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))).toEqual(configurationSchema());
});

test.each<[string, boolean]>([
  [EXAMPLE_CONFIG, true],
  ['tables: dbo.*', true],
  ['targetFileBytes: 1.5 GB', true],
  ['accept: [masked-columns, denied-columns]', true],
  ['deadlockPriority: -10', true],
  ['sorce: {}', false],
  ['source: { servr: x }', false],
  ['source: { password: x }', false],
  ['source: { encrypt: "yes" }', false],
  ['readers: -1', false],
  ['format: { name: xml }', false],
  ['targetFileBytes: big', false],
  ['columnTypes: { a: { time: native } }', true],
  ['columnTypes: { a: { tme: native } }', false],
])('the schema and the program agree: %j is right: %s', (text, right) => {
  const folder = mkdtempSync(join(tmpdir(), 'schema-'));
  try {
    const path = join(folder, 'c.yaml');
    writeFileSync(path, text);
    const read = () => readConfig(path);
    if (right) expect(read).not.toThrow();
    else expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    expect(accepts(parse(text))).toBe(right);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
