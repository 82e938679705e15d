import { ManifestColumn } from '../../../src/contract';
import { evolveFields, Field, landedFields, LandedField, MappedField, nameMapping, Schema } from '../../../src/iceberg/spec/schema';
import { glueTypeOf, icebergType, isPromotion } from '../../../src/iceberg/spec/types';

const column = (name: string, outputType: string, fieldId?: number): ManifestColumn => ({
  name, ordinal: 1, sourceType: 'int', nullable: true, outputType, glueType: 'x', ...(fieldId !== undefined && { fieldId }),
});
const landed = (...columns: ReadonlyArray<readonly [string, string, number?]>) => (
  landedFields(columns.map(([name, type, id]) => column(name, type, id))));
const shape = (fields: readonly Field[]) => fields.map(({ id, name, type }) => `${id} ${name} ${type}`);

/** Runs one after the other, as a table's schemas see them. */
function runs(...of: readonly LandedField[][]): { readonly schemas: Schema[]; readonly mapping: MappedField[]; readonly broke?: string } {
  const schemas: Schema[] = [];
  let mapping: MappedField[] = [];
  let last = 0;
  for (const each of of) {
    const evolution = evolveFields(schemas, last, each);
    if (evolution.kind === 'breaks') return { schemas, mapping, broke: evolution.why };
    schemas.push({ 'type': 'struct', 'schema-id': schemas.length, 'fields': evolution.fields });
    mapping = nameMapping(mapping, evolution.fields, each);
    last = Math.max(last, ...evolution.fields.map(({ id }) => id));
  }
  return { schemas, mapping };
}
const current = (...of: readonly LandedField[][]) => shape(runs(...of).schemas.at(-1)!.fields);
const idOfName = (mapping: readonly MappedField[], name: string) => mapping.filter(({ names }) => names.includes(name)).map((each) => each['field-id']);

describe('fields', () => {
  test('names in lower case, the source’s own beside its type where it differs by more than case', () => {
    expect(landed(['Id', 'INT32', 7], ['b', 'STRING'])).toEqual([
      { fileName: 'Id', name: 'id', id: 7, type: 'int', doc: 'int' }, { fileName: 'b', name: 'b', type: 'string', doc: 'int' },
    ]);
  });

  test('two names that differ in case alone are refused', () => {
    expect(() => landed(['Id', 'INT32'], ['ID', 'INT32'])).toThrow(expect.objectContaining({ code: 'COLUMN_REFUSED', message: expect.stringContaining('\'Id\' and \'ID\'') }));
  });

  test.each(['TIMESTAMP(NANOS)', 'TIMESTAMP(NANOS,UTC)', 'TIME(NANOS)', 'INT128', 'DECIMAL(10)'])('%s is refused, with what there is', (type) => {
    expect(() => landed(['c', type])).toThrow(expect.objectContaining({ code: 'COLUMN_REFUSED', message: expect.stringMatching(/'c' is .*TIMESTAMP\(MICROS\)/) }));
  });

  test.each([
    ['BOOLEAN', 'boolean', 'boolean'], ['INT8', 'int', 'int'], ['INT16', 'int', 'int'], ['INT32', 'int', 'int'], ['INT64', 'long', 'bigint'], ['FLOAT', 'float', 'float'],
    ['DOUBLE', 'double', 'double'], ['DATE', 'date', 'date'], ['TIME(MICROS)', 'time', 'string'], ['TIMESTAMP(MICROS)', 'timestamp', 'timestamp'],
    ['TIMESTAMP(MICROS,UTC)', 'timestamptz', 'timestamp'], ['STRING', 'string', 'string'], ['UUID', 'uuid', 'string'], ['BINARY', 'binary', 'binary'],
    ['DECIMAL(19,4)', 'decimal(19, 4)', 'decimal(19,4)'],
  ])('%s is %s, in Glue %s', (output, type, glue) => {
    expect([icebergType(output, 'c'), glueTypeOf(type)]).toEqual([type, glue]);
  });
});

describe('promotions are those of the specification, and no others', () => {
  const types = ['boolean', 'int', 'long', 'float', 'double', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'binary', 'decimal(9, 2)', 'decimal(18, 2)', 'decimal(18, 4)'];
  const allowed = ['int>long', 'float>double', 'decimal(9, 2)>decimal(18, 2)'];

  test.each(types)('from %s', (from) => {
    for (const to of types) expect([from, to, isPromotion(from, to)]).toEqual([from, to, from === to || allowed.includes(`${from}>${to}`)]);
  });

  test.each([['by name', undefined], ['by id', 5]])('a change that is none begins the table anew, %s', (_how, id) => {
    for (const [from, to] of [['INT64', 'INT32'], ['INT32', 'STRING'], ['DECIMAL(18,2)', 'DECIMAL(18,4)'], ['DOUBLE', 'FLOAT'], ['TIMESTAMP(MICROS)', 'TIMESTAMP(MICROS,UTC)'], ['DATE', 'TIMESTAMP(MICROS)']]) {
      expect(runs(landed(['c', from, id]), landed(['c', to, id])).broke).toMatch(/'c' was .* and is .*/);
    }
    expect(runs(landed(['c', 'INT32', id]), landed(['c', 'INT64', id])).broke).toBeUndefined();
  });
});

describe('by field id', () => {
  test('added, dropped, renamed, swapped and moved columns', () => {
    const first = landed(['a', 'INT32', 1], ['b', 'INT32', 2]);
    expect(current(first, landed(['b', 'INT32', 2], ['a', 'INT32', 1]))).toEqual(['2 b int', '1 a int']);
    expect(current(first, landed(['a', 'INT32', 2], ['b', 'INT32', 1]))).toEqual(['2 a int', '1 b int']);
    expect(current(first, landed(['x', 'INT32', 1], ['c', 'STRING', 3]))).toEqual(['1 x int', '3 c string']);
  });

  test('a dropped column’s name with another id and type is another column', () => {
    expect(current(landed(['a', 'INT32', 1]), landed(['b', 'INT32', 2]), landed(['a', 'STRING', 3], ['b', 'INT32', 2]))).toEqual(['3 a string', '2 b int']);
  });

  test('a column that comes back after its type was widened has to be at least as wide', () => {
    const [wide, gone] = [landed(['a', 'INT64', 1]), landed(['b', 'INT32', 2])];
    expect(runs(landed(['a', 'INT32', 1]), wide, gone, landed(['a', 'INT32', 1])).broke).toMatch(/was long and is int/);
  });

  test('columns without an id beside those with one get ids that no other has', () => {
    const { schemas } = runs(landed(['x', 'INT32'], ['a', 'INT32', 1], ['y', 'INT32'], ['b', 'INT32', 2]), landed(['x', 'INT32'], ['a', 'INT32', 1], ['y', 'INT32'], ['b', 'INT32', 2], ['c', 'INT32', 5]));
    for (const { fields } of schemas) expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
    expect(schemas[1].fields.slice(0, 4)).toEqual(schemas[0].fields);
  });
});

describe('by name, of files without ids', () => {
  test('new names get new ids, known ones keep theirs wherever they stand', () => {
    expect(current(landed(['a', 'INT32'], ['b', 'STRING']), landed(['c', 'DATE'], ['b', 'STRING'], ['a', 'INT64']))).toEqual(['3 c date', '2 b string', '1 a long']);
  });

  test('a swap of names is none of metadata: each name keeps its id', () => {
    expect(current(landed(['a', 'INT32'], ['b', 'INT32']), landed(['b', 'INT32'], ['a', 'INT32']))).toEqual(['2 b int', '1 a int']);
  });

  test('a name that comes back has its id of before, so that the runs before it stay readable by it', () => {
    const [first, second] = [landed(['a', 'INT32'], ['b', 'INT32']), landed(['b', 'INT32'])];
    const { schemas, mapping } = runs(first, second, landed(['b', 'INT32'], ['a', 'INT64']));
    expect(shape(schemas[2].fields)).toEqual(['2 b int', '1 a long']);
    for (const { id, name } of schemas[0].fields) expect(idOfName(mapping, name)).toEqual([id]);
    expect(runs(first, second, landed(['b', 'INT32'], ['a', 'STRING'])).broke).toMatch(/'a' was int and is string/);
  });

  test('a name that comes back in lower case is the same', () => {
    expect(current(landed(['Ab', 'INT32']), landed(['AB', 'INT32']))).toEqual(['1 ab int']);
  });
});

describe('name mapping', () => {
  test('a field has the names of all its files, unless another field has one now', () => {
    const renamed = runs(landed(['a', 'INT32', 1], ['b', 'INT32', 2]), landed(['x', 'INT32', 1], ['b', 'INT32', 2]));
    expect(renamed.mapping).toEqual([{ 'field-id': 1, 'names': ['a', 'x'] }, { 'field-id': 2, 'names': ['b'] }]);
    const swapped = runs(landed(['a', 'INT32', 1], ['b', 'INT32', 2]), landed(['b', 'INT32', 1], ['a', 'INT32', 2]));
    expect([idOfName(swapped.mapping, 'a'), idOfName(swapped.mapping, 'b')]).toEqual([[2], [1]]);
  });

  test('a dropped column keeps its names until another takes them', () => {
    const { mapping } = runs(landed(['a', 'INT32', 1], ['b', 'INT32', 2]), landed(['b', 'INT32', 2]));
    expect(idOfName(mapping, 'a')).toEqual([1]);
    expect(idOfName(runs(landed(['a', 'INT32', 1]), landed(['b', 'INT32', 2]), landed(['a', 'STRING', 3])).mapping, 'a')).toEqual([3]);
  });

  test('files’ own names and those in lower case both lead to the field, and no name leads to two', () => {
    const { mapping } = runs(landed(['Id', 'INT32'], ['a,b', 'STRING'], ['a_b', 'STRING'], ['A;B', 'STRING']));
    expect([idOfName(mapping, 'Id'), idOfName(mapping, 'id')]).toEqual([[1], [1]]);
    expect([idOfName(mapping, 'a,b'), idOfName(mapping, 'a_b'), idOfName(mapping, 'A;B')]).toEqual([[2], [3], [4]]);
    const names = mapping.flatMap((each) => each.names);
    expect(new Set(names).size).toBe(names.length);
  });
});
