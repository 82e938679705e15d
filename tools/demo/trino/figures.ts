import { quoted } from '../../engines';

/** A column of the source, as its own dictionary has it. */
export interface SourceColumn {
  readonly name: string;
  /** Base type, such as `decimal`; '' for types of the CLR. */
  readonly type: string;
  readonly scale: number;
}

/** One figure of a column, asked of both sides. Answers are texts of one spelling, or NULL. */
export interface Figure {
  readonly column: string;
  readonly what: 'values' | 'sum' | 'min' | 'max' | 'microseconds' | 'bytes';
  /** Expression in T-SQL. */
  readonly source: string;
  /** Expression in Trino's SQL. */
  readonly trino: string;
  /** Sums of floats depend on the order in which they are added. @default false */
  readonly rounded?: boolean;
}

/** Relative difference that the order of addition may make in a sum of floats. */
const ROUNDING = 1e-9;

const WHOLE = ['tinyint', 'smallint', 'int', 'bigint'];
const DECIMAL = ['decimal', 'numeric', 'money', 'smallmoney'];
const FLOAT = ['real', 'float'];
const TIMESTAMP = ['smalldatetime', 'datetime', 'datetime2', 'datetimeoffset'];
const BYTES = ['binary', 'varbinary', 'image', 'timestamp'];

/** Floats up to this add up without overflow, whatever the order. */
const SUMMABLE = '1e15';

/**
 * What is compared of a column: its values that are not NULL, the sum of every number, least and greatest of numbers, dates, times and
 * time stamps, the microseconds of all time stamps added up, the bytes of binary columns. Text has no least value that two engines
 * with different collations agree on.
 */
export function figuresOf({ name, type, scale }: SourceColumn): readonly Figure[] {
  const [s, t] = [`[${name.replaceAll(']', ']]')}]`, quoted(name.toLowerCase())];
  const figure = (what: Figure['what'], source: string, trino: string, rounded = false): Figure => ({ column: name, what, source, trino, rounded });
  const bounds = (source: (bound: string) => string, trino: (bound: string) => string): Figure[] => (
    (['min', 'max'] as const).map((what) => figure(what, source(`${what.toUpperCase()}(${s})`), trino(`${what}(${t})`)))
  );
  const digits = (sql: string) => `CONVERT(varchar(60), ${sql})`;
  // Not COUNT, which takes no text, ntext and image.
  const figures = [figure('values', digits(`COALESCE(SUM(CAST(CASE WHEN ${s} IS NOT NULL THEN 1 ELSE 0 END AS bigint)), 0)`), `count(${t})`)];
  if (type === 'bit') {
    figures.push(figure('sum', digits(`SUM(CAST(${s} AS bigint))`), `sum(CAST(${t} AS bigint))`));
  } else if (WHOLE.includes(type) || DECIMAL.includes(type)) {
    const of = `decimal(38,${WHOLE.includes(type) ? 0 : scale})`;
    figures.push(figure('sum', digits(`SUM(CAST(${s} AS ${of}))`), `sum(CAST(${t} AS ${of}))`));
    figures.push(...bounds((bound) => digits(`CAST(${bound} AS ${of})`), (bound) => `CAST(${bound} AS ${of})`));
  } else if (FLOAT.includes(type)) {
    const [fs, ft] = [`CAST(${s} AS float)`, `CAST(${t} AS double)`];
    const within = (value: string) => `${value} BETWEEN -${SUMMABLE} AND ${SUMMABLE}`;
    figures.push(figure('sum', `SUM(CASE WHEN ${within(fs)} THEN ${fs} END)`, `sum(CASE WHEN ${within(ft)} THEN ${ft} END)`, true));
    figures.push(...bounds((bound) => `CAST(${bound} AS float)`, (bound) => `CAST(${bound} AS double)`));
  } else if (TIMESTAMP.includes(type)) {
    // Of a time zone: in UTC. What counts 1/300 s is shown in milliseconds, as SQL Server itself shows it.
    const local = (value: string) => (type === 'datetimeoffset' ? `SWITCHOFFSET(${value}, '+00:00')` : value);
    const exact = (value: string) => `CAST(${local(value)} AS datetime2(${type === 'datetime' ? 3 : 7}))`;
    const text = (value: string) => `CAST(${type === 'datetimeoffset' ? `${value} AT TIME ZONE 'UTC'` : value} AS varchar)`;
    // The seventh digit is not in the column, but in its companion.
    figures.push(...bounds(
      (bound) => `LEFT(CONVERT(varchar(40), CAST(${exact(bound)} AS datetime2(7)), 121), 26)`, (bound) => `substr(${text(bound)}, 1, 26)`,
    ));
    figures.push(figure('microseconds', digits(`SUM(CAST(DATEPART(microsecond, ${exact(s)}) AS bigint))`), `sum(CAST(substr(${text(t)}, 21, 6) AS bigint))`));
  } else if (type === 'date' || type === 'time') {
    figures.push(...bounds((bound) => `CONVERT(varchar(40), ${bound}, 121)`, (bound) => `CAST(${bound} AS varchar)`));
  } else if (BYTES.includes(type)) {
    figures.push(figure('bytes', digits(`SUM(CAST(DATALENGTH(${s}) AS bigint))`), `sum(length(${t}))`));
  }
  return figures;
}

/** Whether both sides say the same. */
export function isEqual({ rounded }: Figure, source: string | null, trino: string | null): boolean {
  if (source === trino) return true;
  if (!rounded || source === null || trino === null) return false;
  const [a, b] = [Number(source), Number(trino)];
  return Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
}
