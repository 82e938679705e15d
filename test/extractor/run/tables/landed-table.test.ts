import type { ManifestColumn } from '../../../../src/contract';
import { landedTable, schemaFingerprint, TableAssembly } from '../../../../src/extractor/run/tables/landed-table';
import type { LandedChunk } from '../../../../src/extractor/state/landed-chunk';

const COLUMN: ManifestColumn = { name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' };

describe('schemaFingerprint', () => {
  test('tells columns apart by name, type and order, not by nullability', () => {
    const other = { ...COLUMN, name: 'Other' };
    expect(schemaFingerprint([COLUMN])).toMatch(/^[0-9a-f]{32}$/);
    expect(schemaFingerprint([{ ...COLUMN, nullable: true }])).toBe(schemaFingerprint([COLUMN]));
    expect(schemaFingerprint([{ ...COLUMN, sourceType: 'bigint' }])).not.toBe(schemaFingerprint([COLUMN]));
    expect(schemaFingerprint([COLUMN, other])).not.toBe(schemaFingerprint([other, COLUMN]));
  });
});

describe('landedTable', () => {
  const identity = { schema: 'dbo', table: 'T', chunkKey: ['Id'], primaryKey: ['Id'], chunks: [{ chunk: 0, upper: ['5'], estimatedRows: 1, estimatedBytes: 1 }, { chunk: 1, lower: ['5'], estimatedRows: 1, estimatedBytes: 1 }] };
  const chunk = (number: number, rows: number, columns = [COLUMN]): LandedChunk => ({
    tableIndex: 0,
    chunk: number,
    columns,
    rows,
    sourceRows: String(rows),
    wireBytes: 1,
    attempts: 1,
    seconds: 2,
    instant: '2026-01-31T10:00:00.000Z',
    objects: [{ key: `k${number}`, part: `0000${number}-0000`, rows, sizeBytes: 10, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'x' } }],
  });

  test('adds its chunks up, in order', () => {
    expect(landedTable('Ledger', identity, [chunk(1, 4), chunk(0, 3)])).toMatchObject({
      table: { rows: 7, sizeBytes: 20, verification: { sourceRows: 7 }, chunkKey: ['Id'], objects: [{ key: 'k0' }, { key: 'k1' }], chunks: [{ chunk: 0, upper: ['5'] }, { chunk: 1, lower: ['5'] }] },
      seconds: 4,
    });
  });

  test('keeps no entries of more chunks than it may, and says the same of them when it is asked again', () => {
    const chunks = [chunk(1, 4), chunk(0, 3)];
    const whole = landedTable('Ledger', identity, chunks);
    const assembly = new TableAssembly('Ledger', identity, undefined, 1);
    for (const each of chunks) assembly.add(each);
    expect(assembly.isWhole).toBe(false);
    expect(assembly.objects).toBe(2);
    expect(assembly.finish()).toEqual({ ...whole, table: { ...whole.table, chunks: [], objects: [] } });
    expect([...chunks].reverse().map((each) => assembly.entryOf(each).entry)).toEqual(whole.table.chunks);
  });

  test('refuses chunks of different columns', () => {
    expect(() => landedTable('Ledger', identity, [chunk(0, 1), chunk(1, 1, [{ ...COLUMN, sourceType: 'bigint' }])])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_CHANGED', message: expect.stringContaining('chunks 0 and 1') }));
  });
});
