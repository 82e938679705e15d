import { done } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, nbcRow, row, wireColumn, type WireCell } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';

const HIDDEN = { flags: 0x2009 };
const columns = [
  { ...wireColumn.intN('Key', 4), ...HIDDEN }, wireColumn.intN('Id', 4), { ...wireColumn.nvarcharMax('Before'), ...HIDDEN }, wireColumn.nvarcharMax('Text'),
  wireColumn.varbinary('Bytes', 20), { ...wireColumn.varchar('After', 20), ...HIDDEN },
];
const shown = [1, 3, 4];
const int = (value: number) => Buffer.from([value, 0, 0, 0]);
const rows = Array.from({ length: 500 }, (_, at): WireCell[] => [
  int(9), at % 3 === 0 ? null : int(at % 256), at % 2 === 0 ? null : [Buffer.from('hidden', 'utf16le')],
  at % 5 === 0 ? null : [Buffer.from('te', 'utf16le'), Buffer.from('xt', 'utf16le')], at % 7 === 0 ? null : Buffer.alloc(at % 20, at), Buffer.from('z'),
]);
const payload = (of: typeof columns, cells: readonly WireCell[][]) => Buffer.concat([
  colMetadata(of), ...cells.map((each, at) => (at % 2 === 0 ? row : nbcRow)(of, each)), done(0x10, cells.length),
]);

test.each(['csv', 'jsonl', 'parquet'] as const)('%s of a result with hidden columns is that of the result without them, wherever the stream is cut', async (name) => {
  const format = { name, compression: 'none' } as const;
  const expected = await landPayload(payload(shown.map((at) => columns[at]), rows.map((cells) => shown.map((at) => cells[at]))), format);
  for (const cuts of [[0x10000], [1], [7, 300, 2]]) {
    const landed = await landPayload(payload(columns, rows), format, { cuts, initialBuffer: 64 });
    expect(landed.columns).toEqual(expected.columns);
    expect(landed.objects).toEqual(expected.objects);
    expect(landed.files).toEqual(expected.files);
    expect(landed.tallies).toEqual(expected.tallies);
  }
});

test('hidden columns alone are no result that can be landed in silence', async () => {
  const [key] = columns;
  await expect(landPayload(Buffer.concat([colMetadata([{ ...key, type: 0x55 }]), done(0x10)]), { name: 'csv', compression: 'none' }))
    .rejects.toMatchObject({ code: 'UNSUPPORTED_TYPE' });
  for (const name of ['csv', 'jsonl', 'parquet'] as const) {
    await expect(landPayload(payload([key], [[int(9)]]), { name, compression: 'none' })).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  }
});
