import * as fc from 'fast-check';
import { ExtractFormat } from '../../../../../src/extractor/doors/public';
import { OutputFormat } from '../../../../../src/extractor/rows/columns/output-format';
import { done } from '../../../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../../../tools/replay-server/wire-rows';
import { parseCsv } from '../../../../support/tds/captures';
import { landPayload } from '../../../../support/tds/land';
import { le } from '../../../../support/tds/typed-values';

const COLUMNS = [
  wireColumn.intN('Id', 4), wireColumn.nvarchar('Text', 40), wireColumn.varchar('Latin', 40), wireColumn.varbinary('Bytes', 10), wireColumn.nvarcharMax('Long'),
];

/** The same text in every text column. */
async function csvOf(texts: readonly (string | null)[], options: Omit<Extract<OutputFormat, { name: 'csv' }>, 'name' | 'compression'>): Promise<string> {
  const utf16 = (text: string | null) => text === null ? null : Buffer.from(text, 'utf16le');
  const rows = texts.map((text, i) => row(COLUMNS, [
    le(BigInt(i), 4), utf16(text), text === null ? null : Buffer.from(text, 'latin1'), text === null ? null : Buffer.alloc(0), utf16(text),
  ]));
  const payload = Buffer.concat([colMetadata(COLUMNS), ...rows, done(0x10, rows.length)]);
  return (await landPayload(payload, { name: 'csv', compression: 'none', ...options })).objects[0].toString('utf8');
}

test('quote: fields are quoted by it, it is doubled, and a double quote is a character like any other', async () => {
  expect(await csvOf(['a\'b', 'say "x"', 'a,b', '', null], { quote: '\'' })).toBe(
    'Id,Text,Latin,Bytes,Long\n'
    + '0,\'a\'\'b\',\'a\'\'b\',\'\',\'a\'\'b\'\n'
    + '1,say "x",say "x",\'\',say "x"\n'
    + '2,\'a,b\',\'a,b\',\'\',\'a,b\'\n'
    + '3,\'\',\'\',\'\',\'\'\n'
    + '4,,,,\n',
  );
});

test('nullText: NULL is told from a string that reads like it, and the empty string from both', async () => {
  expect(await csvOf(['NULL', 'NULLS', '', null], { nullText: 'NULL', header: false })).toBe(
    '0,"NULL","NULL","","NULL"\n1,NULLS,NULLS,"",NULLS\n2,"","","",""\n3,NULL,NULL,NULL,NULL\n',
  );
});

test('any delimiter, quote and text of NULL give the values back', async () => {
  const character = fc.integer({ min: 1, max: 126 }).map((code) => String.fromCharCode(code));
  const options = fc.record({ delimiter: character, quote: character, nullText: fc.string({ maxLength: 3 }), header: fc.boolean() })
    .filter((candidate) => {
      try {
        ExtractFormat.csv(candidate);
        return true;
      } catch {
        return false;
      }
    });
  await fc.assert(fc.asyncProperty(options, fc.array(fc.option(fc.string({ maxLength: 12 })), { maxLength: 8 }), async (chosen, texts) => {
    // The strict reader knows , and " only, so these take the places of the chosen ones, and other characters theirs.
    const swaps = new Map([[',', '\u0080'], ['"', '\u0081'], [chosen.delimiter, ','], [chosen.quote, '"']]);
    const swap = (text: string) => Array.from(text, (c) => swaps.get(c) ?? c).join('');
    const csv = swap(await csvOf(texts, chosen));
    const rows = parseCsv(csv, swap(chosen.nullText));
    const same = (text: string | null) => (text === null ? null : swap(text));
    expect(rows.slice(chosen.header ? 1 : 0).map(([, text, latin, , long]) => [text, latin, long]))
      .toEqual(texts.map((text) => [same(text), same(text), same(text)]));
  }), { numRuns: 500 });
});

test.each([
  [{ quote: '""' }, /quote must be one ASCII character/], [{ quote: 'a' }, /quote must be/], [{ quote: '-' }, /quote must be/],
  [{ quote: ';', delimiter: ';' }, /delimiter must be one ASCII character other than the quote/], [{ delimiter: '"' }, /other than the quote/],
  [{ nullText: 'a,b' }, /must not hold the quote, the delimiter/], [{ quote: '|', nullText: '|' }, /must not hold the quote/],
])('%j is refused', (options, message) => {
  expect(() => ExtractFormat.csv(options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }));
});
