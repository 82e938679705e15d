import { Manifest } from '../../../src/contract';
import { manifestContradictions } from '../../../src/handlers/complete/manifest-consistency';

const key = 'lake/database=L/schema=dbo/table=A/run=r/part-00000-0000.csv';
const object = { key, part: '0-0', rows: 2, sizeBytes: 9, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'abc=' } } as const;

function contradictions(change: (plain: any) => void): string[] {
  const manifest = {
    prefix: 'lake/',
    runId: 'r',
    tables: [{ database: 'L', schema: 'dbo', table: 'A', rows: 2, sizeBytes: 9, objects: [{ ...object }] }],
    totals: { tables: 1, objects: 1, rows: 2, sizeBytes: 9 },
  };
  change(manifest);
  return manifestContradictions(manifest as unknown as Manifest);
}

test('a manifest whose counts add up has no contradiction', () => {
  expect(contradictions(() => {})).toEqual([]);
});

test.each([
  ['rows of a table', (m: any) => { m.tables[0].objects[0].rows = 1; }, ['dbo.A: its objects have rows 1, the manifest says 2']],
  ['bytes of a table', (m: any) => { m.tables[0].objects[0].sizeBytes = 8; }, ['dbo.A: its objects have sizeBytes 8, the manifest says 9']],
  ['number of tables', (m: any) => { m.totals.tables = 2; }, ['totals.tables: the tables have 1, the manifest says 2']],
  ['number of objects', (m: any) => { m.totals.objects = 0; }, ['totals.objects: the tables have 1, the manifest says 0']],
  ['rows in all', (m: any) => { m.totals.rows = 3; }, ['totals.rows: the tables have 2, the manifest says 3']],
  ['bytes in all', (m: any) => { m.totals.sizeBytes = 0; }, ['totals.sizeBytes: the tables have 9, the manifest says 0']],
  ['folder of an object', (m: any) => { m.tables[0].objects[0].key = 'lake/x.csv'; }, [
    "dbo.A: 'lake/x.csv' does not lie in 'lake/database=L/schema=dbo/table=A/run=r/'",
  ]],
])('a wrong %s is told', (_what, change, problems) => {
  expect(contradictions(change)).toEqual(problems);
});

test('an object named twice, and totals that are missing, are told', () => {
  expect(contradictions((m) => { m.tables[0].objects.push({ ...object, rows: 0, sizeBytes: 0 }); })).toContain(`dbo.A: '${key}' is named more than once`);
  expect(contradictions((m) => { delete m.totals; })).toHaveLength(4);
});
