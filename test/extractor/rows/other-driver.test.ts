import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done, packetize } from '../../../tools/replay-server/tds-packets';
import { parseCsv } from '../../support/tds/captures';
import { landPayload } from '../../support/tds/land';
import { edgeRows, payloadOf, TYPED_COLUMNS, type TypedColumn } from '../../support/tds/typed-values';
import { pythonClientProblem, readWithPython, type PythonAnswer } from '../../tools/stand-in/python-client';

/** Edges of every type through Microsoft's own driver: from the same bytes it reads what lands. */

/** Of some values inside a sql_variant it loses the first characters or bytes, which other values in the same column keep. */
const LOST_BY_THE_DRIVER = ['variant_nvarchar', 'variant_varbinary'];

/** Inside a sql_variant it fails at a text of no bytes. */
const readable = (typed: TypedColumn): TypedColumn => (
  typed.column.name === 'variant_varchar' ? { ...typed, edges: typed.edges.filter(({ text }) => text !== '') } : typed);

/** Tables by the names of their columns, each with one column. */
const TABLES = new Map(TYPED_COLUMNS.map(readable).map((typed) => [
  typed.column.name, payloadOf([typed], edgeRows([typed]).map((row) => ({ ...row, bitmap: false }))),
]));
const NAMES = [...TABLES.keys()].filter((name) => !LOST_BY_THE_DRIVER.includes(name));

/** What differs, and is the driver's own doing: it makes `?` of bytes that Windows-1252 has no character for. */
const NOT_IN_WINDOWS_1252 = /[\u0081\u008d\u008f\u0090\u009d]/g;
/** It ends a text or ntext of one NUL before it, and takes U+FEFF off an ntext. */
const CUT_BY_THE_DRIVER = new Map([['text', /^\u0000$/], ['ntext', /^\u0000$|^\ufeff/]]);

/** Landed text in the form in which the Python side prints its values. */
function asPython(name: string, text: string | null): string | null {
  if (text === null) return null;
  const [type] = name.replace(/^variant_/, '').split('_');
  switch (type) {
    case 'bit': return text === 'true' ? '1' : '0';
    case 'tinyint': case 'smallint': case 'int': case 'bigint': case 'smallmoney': case 'money': case 'dec': case 'date': return text;
    case 'float': case 'real': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE(type === 'real' ? Math.fround(Number(text)) : Number(text));
      return bytes.toString('hex');
    }
    case 'uniqueidentifier': return text.toLowerCase();
    case 'varbinary': case 'binary': case 'image': case 'rowversion': case 'hierarchyid': return `x${text.toLowerCase()}`;
    case 'time': case 'datetime': case 'datetime2': case 'datetimeoffset': case 'smalldatetime': {
      // Python's times hold microseconds.
      const [, base, fraction = '', offset = ''] = /^(.*?\d\d:\d\d:\d\d)(?:\.(\d+))?([+-].*)?$/.exec(text.replace('T', ' '))!;
      // Inside a sql_variant it is text to the driver.
      if (name === 'variant_datetimeoffset_7') return Buffer.from(`${base}.${fraction} ${offset}`, 'utf16le').toString('hex');
      return `${base}.${fraction.padEnd(6, '0').slice(0, 6)}${offset}`;
    }
    default: return Buffer.from(/^(char|varchar|text|variant_varchar)$/.test(name) ? text.replace(NOT_IN_WINDOWS_1252, '?') : text, 'utf16le').toString('hex');
  }
}

const whereItRuns = pythonClientProblem() ? describe.skip : describe;

whereItRuns('mssql-python reads the values that land', () => {
  let answers: PythonAnswer[];

  beforeAll(async () => {
    const payloadFor = (request: string) => TABLES.get(/from edges_(\w+)/.exec(request)?.[1] ?? '') ?? done();
    const server = await ReplayServer.start({ reply: (request) => [packetize(payloadFor(request), 4096, true)] });
    try {
      const place = { host: '127.0.0.1', port: server.port, database: 'edges', user: 'reader', password: 'any' };
      answers = await readWithPython(place, NAMES.map((name) => [`select * from edges_${name}`]), { Encrypt: 'no' });
    } finally {
      await server.stop();
    }
  }, 120_000);

  test.each(NAMES)('%s', async (name) => {
    const { objects: [object] } = await landPayload(TABLES.get(name)!, { name: 'csv', compression: 'none' });
    const landed = parseCsv(object.toString('utf8')).slice(1).map(([text]) => text);
    const { error, rows } = answers[NAMES.indexOf(name)];
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(landed.length);
    const compared = landed.map((text, i) => [text, rows[i][0]] as const).filter(([text]) => !CUT_BY_THE_DRIVER.get(name)?.test(text ?? ''));
    expect(landed.length - compared.length).toBe(name === 'text' ? 1 : name === 'ntext' ? 2 : 0);
    expect(compared.map(([, value]) => value)).toEqual(compared.map(([text]) => asPython(name, text)));
  });
});
