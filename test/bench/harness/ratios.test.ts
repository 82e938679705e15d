import { ratios } from '../../../bench/harness/ratios';

test('quotients of the clients that ran', () => {
  const cpu = new Map([
    ['ours-csv', 1], ['freebcp', 2], ['ours-parquet-zstd', 3], ['mssql-python-zstd', 4], ['ours-csv-tls', 1.5], ['tedious-rows', 4], ['tedious-rows-tls', 5],
  ]);
  expect(ratios(cpu)).toEqual([
    { name: 'ours-csv / freebcp', value: 0.5 },
    { name: 'ours-parquet-zstd / mssql-python-zstd', value: 0.75 },
    { name: 'TLS: (ours-csv-tls - ours-csv) / (tedious-rows-tls - tedious-rows)', value: 0.5 },
  ]);
  cpu.delete('freebcp');
  cpu.delete('tedious-rows');
  expect(ratios(cpu).map(({ name }) => name)).toEqual(['ours-parquet-zstd / mssql-python-zstd']);
});
