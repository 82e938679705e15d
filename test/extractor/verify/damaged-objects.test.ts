import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { objectContent } from '../../../src/extractor/verify/objects/object-content';
import { landPayload } from '../../support/tds/land';
import { anyRow, edgeRows, payloadOf, TYPED_COLUMNS } from '../../support/tds/typed-values';

const text: readonly OutputFormat[] = [{ name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }];
const parquet: readonly OutputFormat[] = (['none', 'snappy', 'gzip', 'zstd'] as const).map((compression) => ({ name: 'parquet', compression }));
const labelled = (formats: readonly OutputFormat[]) => formats.map((format) => [`${format.name} ${format.compression}`, format] as const);

const ROWS = edgeRows(TYPED_COLUMNS);

async function land(format: OutputFormat, rows = ROWS) {
  const { columns, objects: [object], files: [{ contentHash }] } = await landPayload(payloadOf(TYPED_COLUMNS, rows), format);
  const read = async (bytes: Uint8Array, byValue = false) => objectContent(Readable.from([Buffer.from(bytes)]), columns, format, { byValue }).then(
    (content) => ({ content }), (error: Error) => ({ error }));
  return { object, contentHash, read };
}

/** What is done to the bytes of an object. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), flip: fc.integer({ min: 1, max: 255 }), cut: fc.boolean(),
});

function damaged(object: Buffer, { at, flip, cut }: { readonly at: number; readonly flip: number; readonly cut: boolean }): Buffer {
  const place = Math.floor(at * object.length);
  if (cut) return object.subarray(0, place);
  const bytes = Buffer.from(object);
  bytes[place] ^= flip;
  return bytes;
}

test.each(labelled(text))('%s: a damaged object reads the same by kernel and reference, or both refuse it in the same words', async (_, format) => {
  const { object, read } = await land(format);
  await fc.assert(fc.asyncProperty(damage, async (how) => {
    const bytes = damaged(object, how);
    const [byKernel, byValue] = [await read(bytes), await read(bytes, true)];
    expect(byKernel).toEqual(byValue);
  }), { numRuns: 60 });
});

test.each(labelled(text))('%s: where the pieces of an object are cut changes nothing', async (_, format) => {
  await fc.assert(fc.asyncProperty(fc.array(anyRow(TYPED_COLUMNS), { maxLength: 4 }), fc.integer({ min: 1, max: 400 }), async (rows, size) => {
    const { columns, objects: [object], files: [{ contentHash }], tallies } = await landPayload(payloadOf(TYPED_COLUMNS, rows), format);
    const pieces: Buffer[] = [];
    for (let at = 0; at < object.length; at += size) pieces.push(object.subarray(at, at + size));
    expect(await objectContent(Readable.from(pieces), columns, format)).toEqual({ rows: rows.length, contentHash, tallies });
  }), { numRuns: 15 });
});

test.each(labelled(parquet))('%s: no damage passes: the file is refused in words, its values are others, or no value is where it is', async (_, format) => {
  const { object, contentHash, read } = await land(format);
  await fc.assert(fc.asyncProperty(damage, async (how) => {
    const { content, error } = await read(damaged(object, how)) as { readonly content?: { readonly contentHash: bigint }; readonly error?: Error };
    if (error) {
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toMatch(/^(its footer|column "|the columns are|it cannot be read)/);
    } else if (content!.contentHash === contentHash) {
      // Statistics, offsets of no use and the like: the reference reads the same of it.
      expect(await read(damaged(object, how), true)).toEqual({ content });
    }
  }), { numRuns: 60 });
});

describe('what is wrong with a Parquet file is told with column, row group and page', () => {
  const column = TYPED_COLUMNS.find(({ column: { name } }) => name === 'int')!;
  const format: OutputFormat = { name: 'parquet', compression: 'none' };
  const rows = edgeRows([column]);

  async function messageOf(change: (bytes: Buffer) => void): Promise<string> {
    const { columns, objects: [object] } = await landPayload(payloadOf([column], rows), format);
    const bytes = Buffer.from(object);
    change(bytes);
    return objectContent(Readable.from([bytes]), columns, format).then(() => 'nothing', (error: Error) => error.message);
  }

  // The first page: magic, header (page type, sizes, values, encodings), 4 bytes of length of the levels, levels, values.
  test.each<[string, (bytes: Buffer) => void, RegExp]>([
    ['the type of the page', (bytes) => { bytes[5] = 6; }, /^column "int", row group 1, page 1: a page of type 3 /],
    ['its header', (bytes) => { bytes.fill(0xff, 4, 20); }, /^column "int", row group 1, page 1: its header is (no Thrift struct|damaged)/],
    ['its size', (bytes) => { bytes[7] = bytes[7] ^ 2; }, /^column "int", row group 1, page 1: its header says that \d+ bytes are in it, which it does not/],
    ['its levels', (bytes) => { bytes[bytes.indexOf(Buffer.from([2, 0, 0, 0])) + 3] = 0x7f; }, /^column "int", row group 1, page 1: its definition levels go on behind its end/],
    ['the footer', (bytes) => { bytes[bytes.length - 1] = 0; }, /^its footer cannot be read: /],
  ])('%s', async (_, change, message) => {
    expect(await messageOf(change)).toMatch(message);
  });
});
