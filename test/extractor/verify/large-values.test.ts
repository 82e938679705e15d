import { Readable } from 'node:stream';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { objectContent } from '../../../src/extractor/verify/objects/object-content';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { landPayload } from '../../support/tds/land';
import { le } from '../../support/tds/typed-values';

const COLUMNS = [wireColumn.intN('Id', 4), wireColumn.nvarcharMax('Text'), wireColumn.varbinaryMax('Bytes')];
/** More than the rows' room, than what the kernel takes of a text at a time, and small ones behind them. */
const CHARACTERS = [3, 200_000, 5, 1_500_000, 7, 9_500_000, 2];
const PIECE_BYTES = 0x10000;

test.each<OutputFormat>([
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'jsonl', compression: 'zstd' },
  { name: 'parquet', compression: 'zstd' }, { name: 'parquet', compression: 'snappy' },
])('values of any size in %j are read back', async (format) => {
  const rows = CHARACTERS.map((length, i) => row(COLUMNS, [
    le(BigInt(i), 4), Buffer.from('a "quoted" line\n'.repeat(length / 16 + 1).slice(0, length), 'utf16le'), Buffer.alloc(length / 50, i),
  ]));
  const payload = Buffer.concat([colMetadata([...COLUMNS]), ...rows, done(0x10, rows.length)]);
  const { columns, objects: [object], files: [{ contentHash }], tallies } = await landPayload(payload, format);
  const pieces: Buffer[] = [];
  for (let at = 0; at < object.length; at += PIECE_BYTES) pieces.push(object.subarray(at, at + PIECE_BYTES));
  expect(await objectContent(Readable.from(pieces), columns, format)).toEqual({ rows: rows.length, contentHash, tallies });
});
