import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { BinaryEncoding } from '../../../../src/extractor/api/type-options';
import { DateType, TimestampType, TimeType, UniqueidentifierType, type TypeOptions } from '../../../../src/extractor/doors/public';
import type { OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import { objectContent } from '../../../../src/extractor/verify/objects/object-content';
import { done } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, nbcRow, row } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';
import { TYPED_COLUMNS } from '../../../support/tds/typed-values';

const COLUMNS = TYPED_COLUMNS.map(({ column }) => column);
const anyRow = fc.record({ values: fc.tuple(...TYPED_COLUMNS.map(({ values }) => values)), bitmap: fc.boolean() });

async function check(format: OutputFormat, all: TypeOptions, numRuns: number): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.array(anyRow, { maxLength: 20 }), async (rows) => {
    const wire = rows.map(({ values, bitmap }) => (bitmap ? nbcRow : row)(COLUMNS, values.map(({ cell }) => cell)));
    const payload = Buffer.concat([colMetadata(COLUMNS), ...wire, done(0x10, rows.length)]);
    const { columns, objects: [object], files: [{ contentHash }], tallies } = await landPayload(payload, { ...format, types: { all } });
    expect(await objectContent(Readable.from([object]), columns, format)).toEqual({ rows: rows.length, contentHash, tallies });
  }), { numRuns });
}

test.each<[string, OutputFormat, TypeOptions]>([
  ['CSV', { name: 'csv', compression: 'none' }, {}],
  ['CSV with other characters', { name: 'csv', compression: 'gzip', delimiter: ';', header: false, nullText: '\\N' }, { binary: BinaryEncoding.BASE64 }],
  ['CSV with another quote', { name: 'csv', compression: 'none', quote: '\'' }, {}],
  ['CSV in zstd', { name: 'csv', compression: 'zstd' }, {}],
  ['JSON Lines', { name: 'jsonl', compression: 'none' }, {}],
  ['JSON Lines with hex', { name: 'jsonl', compression: 'gzip', binary: 'hex' }, {}],
  ['Parquet', { name: 'parquet', compression: 'none' }, {}],
  ['Parquet in zstd', { name: 'parquet', compression: 'zstd' }, {}],
  ['Parquet in snappy', { name: 'parquet', compression: 'snappy' }, {}],
  ['Parquet in gzip', { name: 'parquet', compression: 'gzip' }, {}],
  ['Parquet with native types', { name: 'parquet', compression: 'none' }, { time: TimeType.NATIVE, uniqueidentifier: UniqueidentifierType.UUID }],
  ['Parquet with text for times', { name: 'parquet', compression: 'none' }, { timestamps: TimestampType.TEXT, dates: DateType.TEXT }],
])('%s: what is read back has the hash and the tallies of what came on the wire', async (_, format, options) => {
  await check(format, options, 16);
});
