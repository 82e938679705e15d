import { LogQueryError, type LogRecord, type Words } from './words';

/** Groups records and aggregates each group. */
export type Aggregation = (records: readonly LogRecord[]) => { rows: LogRecord[]; columns: string[] };

interface Column {
  readonly name: string;
  readonly of: (group: readonly LogRecord[]) => string;
}

interface Key {
  readonly name: string;
  readonly of: (record: LogRecord) => string;
}

const BIN_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** Reads `stats count(*) as n, max(x) by level, bin(5m)`. */
export function readStats(words: Words): Aggregation {
  const columns: Column[] = [];
  do columns.push(readColumn(words)); while (words.accept(','));
  const keys: Key[] = [];
  if (words.accept('by')) {
    do keys.push(readKey(words)); while (words.accept(','));
  }
  const names = [...keys.map(({ name }) => name), ...columns.map(({ name }) => name)];
  return (records) => {
    const groups = new Map<string, LogRecord[]>();
    for (const record of records) {
      const id = JSON.stringify(keys.map((key) => key.of(record)));
      groups.set(id, [...groups.get(id) ?? [], record]);
    }
    if (keys.length === 0 && groups.size === 0) groups.set('[]', []);
    const rows = [...groups].map(([id, group]) => {
      const cells = [...JSON.parse(id) as string[], ...columns.map((column) => column.of(group))];
      return { get: (field: string) => cells[names.indexOf(field)] };
    });
    return { rows, columns: names };
  };
}

function readColumn(words: Words): Column {
  const fn = words.name().toLowerCase();
  words.expect('(');
  const field = words.accept('*') ? '*' : words.next === ')' ? '*' : words.name();
  const percent = words.accept(',') ? Number(words.value()) : undefined;
  words.expect(')');
  const of = aggregate(fn, field, percent);
  const name = words.accept('as') ? words.name() : `${fn}(${field}${percent === undefined ? '' : `, ${percent}`})`;
  return { name, of };
}

function aggregate(fn: string, field: string, percent: number | undefined): Column['of'] {
  const present = (group: readonly LogRecord[]) => group.flatMap((record) => record.get(field) ?? []);
  const numeric = (fold: (values: number[]) => number): Column['of'] => (group) => {
    const values = present(group).map(Number).filter((value) => !Number.isNaN(value));
    return values.length === 0 ? '' : String(fold(values));
  };
  switch (fn) {
    case 'count': return (group) => String(field === '*' ? group.length : present(group).length);
    case 'count_distinct': return (group) => String(new Set(present(group)).size);
    case 'sum': return numeric((values) => values.reduce((total, value) => total + value, 0));
    case 'avg': return numeric((values) => values.reduce((total, value) => total + value, 0) / values.length);
    case 'min': return numeric((values) => Math.min(...values));
    case 'max': return numeric((values) => Math.max(...values));
    case 'pct': return numeric((values) => {
      const sorted = values.sort((a, b) => a - b);
      return sorted[Math.max(0, Math.ceil(((percent ?? 50) / 100) * sorted.length) - 1)];
    });
    case 'latest': return (group) => group.at(-1)?.get(field) ?? '';
    case 'earliest': return (group) => group[0]?.get(field) ?? '';
    default: throw new LogQueryError(`the function ${fn}() is not known here`);
  }
}

function readKey(words: Words): Key {
  const name = words.name();
  if (name.toLowerCase() !== 'bin' || !words.accept('(')) return { name: aliased(words, name), of: (record) => record.get(name) ?? '' };
  const width = words.value();
  words.expect(')');
  const [, count, unit] = /^(\d+)([smhd])\w*$/.exec(width) ?? [];
  if (!unit) throw new LogQueryError(`expected a width such as 5m, got '${width}'`);
  const milliseconds = Number(count) * BIN_SECONDS[unit] * 1000;
  return {
    name: aliased(words, `bin(${width})`),
    of: (record) => {
      const time = Date.parse(`${(record.get('@timestamp') ?? '').replace(' ', 'T')}Z`);
      return formatTimestamp(Math.floor(time / milliseconds) * milliseconds);
    },
  };
}

function aliased(words: Words, name: string): string {
  return words.accept('as') ? words.name() : name;
}

/** As Logs Insights prints times: UTC, `2026-01-31 23:59:59.123`. */
export function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '');
}
