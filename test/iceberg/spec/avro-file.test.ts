import { Schema as AvroSchema } from 'avsc';
import fc from 'fast-check';
import { readAvro, writeAvro } from '../../../src/iceberg/spec/avro-file';

const SCHEMA = {
  type: 'record', name: 'r', fields: [{ name: 'id', type: 'long' }, { name: 'maybe', type: ['null', 'long'], default: null }, { name: 'text', type: 'string' }],
} as AvroSchema;
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

test('whole numbers of 63 bits come back exact, also where they may be null', () => {
  fc.assert(fc.property(fc.array(fc.record({ id: long, maybe: fc.option(long), text: fc.string() }), { maxLength: 20 }), (records) => {
    const read = readAvro(writeAvro(SCHEMA, { metadata: { of: 'test' }, records }), 'x');
    expect(read.metadata.of).toBe('test');
    expect(read.records.map(({ id, maybe, text }) => ({ id: BigInt(id), maybe: maybe === null ? null : BigInt(maybe), text }))).toEqual(records);
  }), { numRuns: 100 });
});

test('small numbers come back as numbers', () => {
  const records = [{ id: 2 ** 53 - 1, maybe: -1, text: '' }];
  expect(readAvro(writeAvro(SCHEMA, { metadata: {}, records }), 'x').records).toEqual(records.map((each) => expect.objectContaining(each)));
});

test('many blocks, and none', () => {
  const records = Array.from({ length: 2500 }, (_each, id) => ({ id, maybe: null, text: `${id}` }));
  const { records: read } = readAvro(writeAvro(SCHEMA, { metadata: {}, records }), 'x');
  expect([read.length, read[2499].text]).toEqual([2500, '2499']);
  expect(readAvro(writeAvro(SCHEMA, { metadata: {}, records: [] }), 'x').records).toEqual([]);
});

test('the schema stands in the file as given, ids of fields among it', () => {
  const schema = { type: 'record', name: 'r', fields: [{ 'name': 'a', 'type': 'int', 'field-id': 7 }] } as unknown as AvroSchema;
  expect(JSON.parse(readAvro(writeAvro(schema, { metadata: {}, records: [] }), 'x').metadata['avro.schema'])).toEqual(schema);
});

test.each([
  ['no Avro', Buffer.from('{"json": 1}'), /no Avro file/],
  ['cut off', writeAvro(SCHEMA, { metadata: {}, records: [{ id: 1, maybe: null, text: 'x' }] }).subarray(0, 200), /cannot be read/],
  ['empty', Buffer.alloc(0), /no Avro file/],
])('%s: the file is named', (_what, bytes, message) => {
  expect(() => readAvro(bytes, 's3://lake/m.avro')).toThrow(expect.objectContaining({ code: 'TABLE_UNREADABLE', message: expect.stringMatching(message) }));
  expect(() => readAvro(bytes, 's3://lake/m.avro')).toThrow(/s3:\/\/lake\/m\.avro/);
});

test('another codec is told by its name', () => {
  const bytes = writeAvro(SCHEMA, { metadata: {}, records: [] });
  const other = Buffer.from(bytes.toString('latin1').replace('deflate', 'snappyy'), 'latin1');
  expect(() => readAvro(other, 'm')).toThrow(/its codec is snappyy; null and deflate are read/);
});

test('of blocks that were cut off none is passed over in silence', () => {
  const bytes = writeAvro(SCHEMA, { metadata: {}, records: Array.from({ length: 3000 }, (_each, id) => ({ id, maybe: null, text: 'x'.repeat(20) })) });
  for (let end = bytes.length - 1; end > bytes.length - 400; end -= 7) {
    expect(() => readAvro(bytes.subarray(0, end), 'm')).toThrow(expect.objectContaining({ code: 'TABLE_UNREADABLE' }));
  }
});
