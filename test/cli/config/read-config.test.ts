import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../../src/cli/config/read-config';
import { toProps } from '../../../src/cli/config/to-props';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'config-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  return readConfig(path);
}

test('a whole file becomes props', () => {
  const values = read(`# yaml-language-server: $schema=x
source:
  server: db\\inst
  database: Ledger
  user: reader
  encrypt: false
target: s3://b/landing
tables: [dbo.*, "[odd.schema].[what?]"]
excludeTables: dbo.Audit*
tableOptions:
  - { table: dbo.Readings, chunkBy: [ReadAt, DeviceId], targetChunkRows: 1000 }
  - { table: dbo.Log, chunkBy: At }
targetFileBytes: 64MiB
format: { name: csv, header: false, delimiter: ";" }
accept: [masked-columns]
types: { time: native }
columnTypes:
  Ledger.BookedAt: { timestamps: text }
deadlockPriority: -10
`);
  expect(toProps(values, { target: 't' })).toMatchObject({
    source: { server: 'db\\inst', database: 'Ledger', user: 'reader', encrypt: false },
    tables: ['dbo.*', '[odd.schema].[what?]'],
    excludeTables: ['dbo.Audit*'],
    tableOptions: [{ table: 'dbo.Readings', chunkBy: ['ReadAt', 'DeviceId'], targetChunkRows: 1000 }, { table: 'dbo.Log', chunkBy: ['At'] }],
    targetFileBytes: 2 ** 26,
    format: { name: 'csv', header: false, delimiter: ';' },
    accept: ['maskedColumns'],
    types: { time: 'native' },
    columnTypes: { 'Ledger.BookedAt': { timestamps: 'text' } },
    deadlockPriority: -10,
  });
  expect(values.get('target')).toBe('s3://b/landing');
});

test('JSON is YAML, and an empty file says nothing', () => {
  expect([...read('{"readers": 2}')]).toEqual([['readers', 2]]);
  expect([...read('# nothing\n')]).toEqual([]);
});

test.each<[string, string, RegExp]>([
  ['a misspelt key', 'source:\n  servr: db\n', /c\.yaml, line 2: unknown key source\.servr; did you mean source\.server\?$/],
  ['a key like no other', 'source:\n  quux: db\n', /c\.yaml, line 2: unknown key source\.quux; allowed here are server, port, /],
  ['a list without its end', 'source: [1,2\n', /c\.yaml, line 2: .* end with a \]$/],
  ['a misspelt section', 'sorce:\n  server: db\n', /line 1: unknown key sorce; did you mean source\?/],
  ['a key of nothing like it', 'colour: red\n', /line 1: unknown key colour Allowed here|line 1: unknown key colour/],
  ['a wrong type', 'readers: many\n', /line 1: readers must be a whole number, got "many"/],
  ['a wrong choice', 'format:\n  name: xml\n', /line 2: format\.name must be one of csv, jsonl, parquet, got "xml"/],
  ['a wrong size', 'targetFileBytes: big\n', /targetFileBytes must be a size such as 256MiB, 1GiB or a number of bytes, got "big"/],
  ['a text for a flag', 'source:\n  encrypt: "no"\n', /line 2: source\.encrypt must be true or false, got "no"/],
  ['a value for a section', 'source: db\n', /line 1: source must have keys: server, port, /],
  ['a misspelt option of a table', 'tableOptions:\n  - table: a\n  - table: b\n    colums: [x]\n', /c\.yaml, line 4: unknown key tableOptions\[1\]\.colums; did you mean tableOptions\[1\]\.columns\?$/],
  ['an option of a table like no other', 'tableOptions:\n  - { table: a, quux: x }\n', /line 2: unknown key tableOptions\[0\]\.quux; allowed here are table, columns, /],
  ['a misspelt pattern of a table', 'tableOptions:\n  - { tabel: a }\n', /line 2: unknown key tableOptions\[0\]\.tabel; did you mean tableOptions\[0\]\.table\?$/],
  ['options of no table', 'tableOptions:\n  - { columns: [a] }\n', /line 2: tableOptions\[0\] has no table: /],
  ['a wrong value of a table', 'tableOptions:\n  - { table: a, targetChunkRows: many }\n', /line 2: tableOptions\[0\]\.targetChunkRows must be a whole number of at least 1, got "many"$/],
  ['no columns to cut by', 'tableOptions:\n  - { table: a, chunkBy: [] }\n', /line 2: tableOptions\[0\]\.chunkBy must be 1 to 16 column names, none of them twice, got \[\]$/],
  ['a column twice to cut by', 'tableOptions:\n  - { table: a, chunkBy: [x, x] }\n', /line 2: tableOptions\[0\]\.chunkBy must be 1 to 16 column names, none of them twice, got \["x","x"\]$/],
  ['a text for the options of a table', 'tableOptions:\n  - dbo.A\n', /line 2: tableOptions\[0\] must be a map of table, columns, .*, got "dbo\.A"$/],
  ['a text for tables', 'tableOptions: dbo.A\n', /line 1: tableOptions must be a list of table patterns with options: table, columns/],
  ['a connection string', 'source: { connectionString: x }\n', /line 1: source\.connectionString does not belong in a file/],
  ['a misspelt option of a column', 'columnTypes:\n  a.b: { tme: native }\n', /line 2: unknown key columnTypes\['a\.b'\]\.tme; did you mean columnTypes\['a\.b'\]\.time\?$/],
  ['a wrong choice of a column', 'columnTypes:\n  a:\n    time: x\n', /line 3: columnTypes\['a'\]\.time must be one of text, native, got "x"$/],
  ['no options of a column', 'columnTypes:\n  a: native\n', /line 1: columnTypes must be column patterns, each with type options/],
  ['a password', 'source:\n  password: hunter2\n', /line 2: source\.password does not belong in a file: set the environment variable LEGACY_TO_S3_PASSWORD/],
  ['no YAML', 'source: [\n', /c\.yaml, line \d+: /],
  ['a list', '- a\n', /line 1: expected keys such as source and target/],
  ['a key twice', 'readers: 1\nreaders: 2\n', /line 2: .*unique/],
])('%s is refused with its line and what is allowed', (_, text, message) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }));
});

test('several problems come in one message, and no password with them', () => {
  expect(() => read('readers: x\nsource:\n  password: hunter2\nmaxdop: 1\n')).toThrow(/line 1: .*; line 3: .*; line 4: unknown key maxdop; did you mean maxDop\?/);
  expect(() => read('source:\n  password: hunter2\n')).not.toThrow(/hunter2/);
});

test('a file that is not there is named', () => {
  expect(() => readConfig(join(folder, 'none.yaml'))).toThrow(/cannot read the config file '.*none\.yaml': ENOENT/);
});
