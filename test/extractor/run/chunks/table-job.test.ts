import { landedPrimaryKey, planJobs } from '../../../../src/extractor/run/chunks/table-job';

describe('planJobs', () => {
  const column = (name: string, type: string, nullable = false) => ({ name, type, nullable, ...(type.includes('char') && { collation: 'Latin1_General_CI_AS' }) });
  const table = {
    schema: 'd]bo',
    table: 'T',
    columns: [column('Id', 'int', true), column('Run', 'varchar(20)'), column('id', 'datetime2(3)')],
    primaryKey: ['Run'],
    chunkKey: [] as string[],
    estimatedRows: 7,
    estimatedBytes: 8192,
    schemaHash: 'x',
    chunks: [{ chunk: 0, estimatedRows: 7, estimatedBytes: 8192 }],
  };
  const chunk = (number: number, bounds: object) => ({ chunk: number, estimatedRows: 1, estimatedBytes: 1, ...bounds });

  test('name every column, and rename what cannot land', () => {
    expect(planJobs({ tables: [table] }, 1)).toMatchObject([{
      sql: 'SELECT [Id], [Run] AS [Run_1], [id] AS [id_1] FROM [d]]bo].[T] OPTION (MAXDOP 1)',
      source: { expressions: ['[Id]', '[Run]', '[id]'], from: 'FROM [d]]bo].[T]', hint: ' OPTION (MAXDOP 1)' },
      parameters: [],
      subject: '[d]]bo].[T]',
    }]);
    expect(landedPrimaryKey(table)).toEqual(['Run_1']);
  });

  test('leave MAXDOP to the server', () => {
    expect(planJobs({ tables: [table] })[0].sql).toMatch(/\[T\]$/);
  });

  test('bounds are parameters that the server converts to the columns\' types', () => {
    const chunks = [chunk(0, { nullKey: true }), chunk(1, { upper: ['5', 'b'] }), chunk(2, { lower: ['5', 'b'] })];
    const jobs = planJobs({ tables: [{ ...table, chunkKey: ['Id', 'Run'], chunks }] }, 1);
    const where = (sql: string) => /WHERE (.*) OPTION/.exec(sql)![1];
    expect(where(jobs[0].sql)).toBe('[Id] IS NULL');
    expect(where(jobs[1].sql)).toBe('[Id] <= CONVERT(int, @upper0) AND ([Id] < CONVERT(int, @upper0) OR '
      + '[Run] < CONVERT(varchar(20), @upper1 COLLATE Latin1_General_CI_AS))');
    expect(where(jobs[2].sql)).toContain('[Run] >= CONVERT(varchar(20), @lower1 COLLATE Latin1_General_CI_AS)');
    expect(jobs[2].parameters).toMatchObject([{ name: 'lower0', type: 'NVarChar', value: '5' }, { name: 'lower1', value: 'b' }]);
    expect(jobs.map(({ subject }) => subject)).toEqual(['[d]]bo].[T], chunk 0', '[d]]bo].[T], chunk 1', '[d]]bo].[T], chunk 2']);
  });

  test('a chunk without bounds beside one of NULLs leaves those out', () => {
    const jobs = planJobs({ tables: [{ ...table, chunkKey: ['Id'], chunks: [chunk(0, { nullKey: true }), chunk(1, {})] }] });
    expect(jobs[1].sql).toMatch(/WHERE \[Id\] IS NOT NULL$/);
  });
});
