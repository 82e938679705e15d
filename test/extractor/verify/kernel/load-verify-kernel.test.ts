import { Readable } from 'node:stream';
import type { OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import { objectContent } from '../../../../src/extractor/verify/objects/object-content';
import { landPayload } from '../../../support/tds/land';
import { edgeRows, payloadOf, TYPED_COLUMNS } from '../../../support/tds/typed-values';

jest.mock('../../../../src/extractor/wasm/instantiate', () => ({ ...jest.requireActual('../../../../src/extractor/wasm/instantiate'), canInstantiate: () => false }));

test.each<OutputFormat>([
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'gzip' }, { name: 'parquet', compression: 'zstd' },
])('a processor without the kernel\'s instructions reads %j value by value', async (format) => {
  const rows = edgeRows(TYPED_COLUMNS);
  const { columns, objects: [object], files: [{ contentHash }], tallies } = await landPayload(payloadOf(TYPED_COLUMNS, rows), format);
  expect(await objectContent(Readable.from([object]), columns, format)).toEqual({ rows: rows.length, contentHash, tallies });
});
