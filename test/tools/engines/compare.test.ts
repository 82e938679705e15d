import { compareCells, type Engine, EngineError, markdownOf, type Rows, type RowsOptions } from '../../../tools/engines';

const STORED: { readonly [name: string]: readonly string[] } = { id: ['10', '9'], day: ['2020-01-01', '2020-01-02'], at: ['12:00', '13:00'] };

/** An engine that cannot hold `at`. */
function engine(refuses: (columns: readonly string[]) => boolean): Engine {
  return {
    name: 'spark',
    version: '1',
    query: async () => Promise.reject(new Error('not asked')),
    stop: async () => undefined,
    rows: async (_table, { columns = [] }: RowsOptions = {}): Promise<Rows> => {
      if (refuses(columns)) throw new EngineError('spark', 'no time fields\nat line 1');
      return { names: columns, types: columns.map(() => 'string'), rows: STORED.id.map((_, row) => columns.map((name) => STORED[name][row])) };
    },
  };
}

/** Rows come in any order: these are in the order of the key. */
const EXPECTED = { key: 'id', columns: { id: ['9', '10'], day: ['2020-01-02', '2020-01-01'], at: ['13:00', '12:00'] } };

test('a column that an engine refuses hides no other', async () => {
  const findings = await compareCells(engine((columns) => columns.includes('at')), {}, EXPECTED);
  expect(findings).toEqual([
    { engine: 'spark', column: 'day', outcome: 'equal', type: 'string' },
    { engine: 'spark', column: 'at', outcome: 'refused', detail: 'spark: no time fields' },
  ]);
  expect(markdownOf(findings)).toBe('|  | spark |\n| --- | --- |\n| day | `string` |\n| at | **refused**: spark: no time fields |\n');
});

test('the first cell that differs is told, and rows that are missing', async () => {
  const willing = engine(() => false);
  expect(await compareCells(willing, {}, { key: 'id', columns: { ...EXPECTED.columns, day: ['2020-01-02', '2020-01-03'] } }))
    .toEqual([
      { engine: 'spark', column: 'day', outcome: 'different', type: 'string', detail: '10: "2020-01-01" for "2020-01-03"' },
      { engine: 'spark', column: 'at', outcome: 'equal', type: 'string' },
    ]);
  expect(await compareCells(willing, {}, { key: 'id', columns: { id: ['8', '9', '10'], day: ['', '', ''] } }))
    .toEqual([expect.objectContaining({ outcome: 'different', detail: '2 rows for 3' })]);
});
