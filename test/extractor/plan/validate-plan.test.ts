import { SourceRisk, type ExtractionPlan, type PlannedChunk } from '../../../src/extractor/api/extraction-plan';
import { findRisks, refuseRisks } from '../../../src/extractor/plan/source-risks';
import { checkPlan } from '../../../src/extractor/plan/validate-plan';

const chunk = (number: number, bounds: Partial<PlannedChunk> = {}): PlannedChunk => (
  { chunk: number, estimatedRows: 1, estimatedBytes: 1, ...bounds });

function planOf(chunks: readonly PlannedChunk[], nullable = false): ExtractionPlan {
  return {
    planVersion: 1,
    createdAt: '',
    server: 's',
    database: 'd',
    productVersion: '16',
    snapshotAllowed: true,
    warnings: [],
    refusals: [],
    tables: [{
      schema: 'dbo',
      table: 'T',
      columns: [{ name: 'Id', type: 'int', nullable }],
      primaryKey: [],
      chunkKey: ['Id'],
      estimatedRows: 1,
      estimatedBytes: 1,
      schemaHash: 'x',
      chunks: [...chunks],
    }],
  };
}

/** A plan of which one field of the table is another. */
function withTable(fields: Record<string, unknown>): ExtractionPlan {
  const plan = planOf(good);
  return { ...plan, tables: [{ ...plan.tables[0], ...fields }] };
}

const good = [chunk(0, { upper: ['5'] }), chunk(1, { lower: ['5'], upper: ['9'] }), chunk(2, { lower: ['9'] })];

test('chunks that cover every row once are taken', () => {
  expect(() => checkPlan(planOf(good))).not.toThrow();
  expect(() => checkPlan(planOf([chunk(0, { nullKey: true }), chunk(1, { upper: ['5'] }), chunk(2, { lower: ['5'] })], true))).not.toThrow();
  const nullable = { columns: [{ name: 'Id', type: 'int', nullable: false }, { name: 'B', type: 'int', nullable: true }], chunkKey: ['Id', 'B'] };
  expect(() => checkPlan(withTable({ ...nullable, chunks: [chunk(0, { upper: ['5'] }), chunk(1, { lower: ['5'], upper: ['5', '2'] }), chunk(2, { lower: ['5', '2'] })] }))).not.toThrow();
});

test.each<[string, ExtractionPlan, RegExp]>([
  ['a gap', planOf([good[0], chunk(1, { lower: ['6'] })]), /chunks\[1\]\.lower: expected \["5"\], got \["6"\]/],
  ['a missing chunk', planOf([good[0], good[2]]), /chunks\[1\]\.chunk: expected 1/],
  ['an end that leaves rows out', planOf([good[0]]), /the last chunk must be open/],
  ['a begin that leaves rows out', planOf([chunk(0, { lower: ['5'] })]), /chunks\[0\]\.lower: expected none/],
  ['NULLs that no chunk takes', planOf(good, true), /chunks\[0\]\.nullKey/],
  ['bounds of another number of columns', planOf([chunk(0, { upper: ['5', '6'] }), chunk(1, { lower: ['5', '6'] })]), /a bound needs a text for each of 1 key column,/],
  ['another version', { ...planOf(good), planVersion: 2 }, /planVersion: expected 1, got 2/],
  ['no plan at all', [] as unknown as ExtractionPlan, /expected an object/],
  ['chunks that are numbered otherwise', planOf([chunk(1, {})]), /tables\[0\]\.chunks\[0\]\.chunk: expected 0, got 1/],
  ['a chunk behind one without an end', planOf([chunk(0), chunk(1, { lower: ['5'] })]), /chunks\[1\]\.lower: expected an upper bound of chunk 0/],
  ['a bound that is no text', planOf([chunk(0, { upper: [5] as unknown as string[] }), chunk(1)]), /chunks\[0\]\.upper: a bound needs a text .* got \[5\]/],
  ['a misspelt field of a chunk', planOf([{ ...chunk(0), nulkey: true } as PlannedChunk]), /chunks\[0\]\.nulkey: there is no such field; did you mean nullKey\?/],
  ['a chunk without an estimate', planOf([{ chunk: 0, estimatedRows: 1 } as PlannedChunk]), /chunks\[0\]\.estimatedBytes: expected a number/],
  ['a misspelt field', withTable({ rowfilter: 'Id > 5' }), /tables\[0\]\.rowfilter: there is no such field; did you mean rowFilter\?/],
  ['an empty condition', withTable({ rowFilter: ' ' }), /tables\[0\]\.rowFilter: expected a condition/],
  ['a table without its hash', withTable({ schemaHash: undefined }), /tables\[0\]\.schemaHash: expected a string, got nothing/],
  ['a table that is there twice', { ...planOf(good), tables: [...planOf(good).tables, ...planOf(good).tables] }, /tables\[1\]: \[dbo\]\.\[T\] is there twice/],
  ['a column of which it is not known whether it may be NULL', withTable({ columns: [{ name: 'Id', type: 'int' }] }), /columns\[0\]\.nullable: expected true or false/],
  ['an id that no column has', withTable({ columns: [{ name: 'Id', columnId: 0, type: 'int', nullable: false }] }), /columns\[0\]\.columnId: expected a whole number of at least 1, got 0/],
  ['an identity without its database', withTable({ identity: { objectId: 5, created: '2024-02-29T00:00:00' } }), /tables\[0\]\.identity\.database: expected a string/],
  ['an identity of an object without a number', withTable({ identity: { objectId: '5', created: '', database: '' } }), /identity\.objectId: expected a whole number, got "5"/],
  ['a misspelt field of an identity', withTable({ identity: { objectId: 5, created: '', database: '', maxColumnID: 3 } }), /identity\.maxColumnID: .*did you mean maxColumnId/],
  ['a key that is no column', withTable({ chunkKey: ['Id', 'No'] }), /chunkKey: 'No' is none of the columns/],
  ['a key without an order', withTable({ columns: [{ name: 'Id', type: 'xml', nullable: false }] }), /chunkKey: no bound can be given for 'Id', which is xml/],
  ['a key without an order behind another', withTable({
    columns: [{ name: 'Id', type: 'int', nullable: false }, { name: 'B', type: 'xml', nullable: true }], chunkKey: ['Id', 'B'],
  }), /chunkKey: no bound can be given for 'B', which is xml/],
  ['a key that has a column twice', withTable({ chunkKey: ['Id', 'Id'] }), /chunkKey: 'Id' is there twice/],
  ['a bound that is NULL', withTable({
    columns: [{ name: 'Id', type: 'int', nullable: false }, { name: 'B', type: 'int', nullable: true }],
    chunkKey: ['Id', 'B'],
    chunks: [chunk(0, { upper: ['5', null] as unknown as string[] }), chunk(1, { lower: ['5', null] as unknown as string[] })],
  }), /chunks\[0\]\.upper: a bound needs a text/],
])('%s is refused', (_, plan, message) => {
  expect(() => checkPlan(plan)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }));
});

describe('findRisks', () => {
  const column = (name: string, flags = {}) => ({
    name, type: 'int', nullable: false, computed: false, masked: false, encrypted: false, nondeterministic: false, fileStream: false, ...flags,
  });
  const table = {
    objectId: 1,
    schema: 'dbo',
    table: 'T',
    kind: { memoryOptimized: false, external: false, fileTable: false, droppedLedger: false },
    unread: [],
    estimatedRows: 0,
    estimatedBytes: 0,
    primaryKey: [],
    clusteredKey: [],
    columns: [column('A', { masked: true }), column('B', { encrypted: true }), column('C')],
  };

  test('names each risk, and leaves out what may not be read', () => {
    const { refusals, readable } = findRisks([table], { unmask: false, policiesTold: true, filtered: new Set([1]), denied: new Map([[1, ['C']]]) });
    expect(refusals.map(({ risk }) => risk).sort()).toEqual(
      [SourceRisk.MASKED_COLUMNS, SourceRisk.ENCRYPTED_COLUMNS, SourceRisk.ROW_LEVEL_SECURITY, SourceRisk.DENIED_COLUMNS].sort());
    expect(readable[0].columns.map(({ name }) => name)).toEqual(['A', 'B']);
    expect(() => refuseRisks(refusals, [SourceRisk.MASKED_COLUMNS])).toThrow(expect.objectContaining({
      code: 'SOURCE_ALTERS_DATA', message: expect.not.stringContaining("'A'"),
    }));
    expect(refuseRisks(refusals, Object.values(SourceRisk))).toHaveLength(4);
  });

  test('finds none where the login sees everything', () => {
    expect(findRisks([{ ...table, columns: [column('A', { masked: true })] }], { unmask: true, policiesTold: true, filtered: new Set(), denied: new Map() }).refusals).toEqual([]);
  });
});
