/** CPU seconds per million rows by the name of a client, in one run. */
export type CpuByName = ReadonlyMap<string, number>;

/** A quotient of two figures of one run. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
}

/** Those whose clients all ran. */
export function ratios(cpu: CpuByName): Ratio[] {
  const quotients: readonly (readonly [string, () => number])[] = [
    ['ours-csv / freebcp', () => of('ours-csv') / of('freebcp')],
    ['ours-parquet-zstd / mssql-python-zstd', () => of('ours-parquet-zstd') / of('mssql-python-zstd')],
    ['TLS: (ours-csv-tls - ours-csv) / (tedious-rows-tls - tedious-rows)',
      () => (of('ours-csv-tls') - of('ours-csv')) / (of('tedious-rows-tls') - of('tedious-rows'))],
  ];
  // NaN runs through every operation, so one client that is missing leaves its ratio out.
  const of = (name: string) => cpu.get(name) ?? NaN;
  return quotients.map(([name, value]) => ({ name, value: value() })).filter(({ value }) => Number.isFinite(value));
}
