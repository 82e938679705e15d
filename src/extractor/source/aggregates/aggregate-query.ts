import { isCongruent, isSameNumber, isSameTime, wholeNumber } from './same-value';
import type { ManifestColumn, ManifestTally } from '../../../contract';
import { parseSourceType } from '../../rows/columns/source-type';
import { tallyTypeOf } from '../../rows/hash/column-tally';
import { charset } from '../../rows/tds/code-page';

/** What can be compared of a column. */
export type Aggregate = 'nulls' | 'bytes' | 'sum' | 'least' | 'greatest';

/** A column of a chunk, and what was tallied of it. */
export interface TalliedColumn {
  readonly column: ManifestColumn;
  readonly tally: ManifestTally;
  /** The column in T-SQL, as it was selected. */
  readonly expression: string;
}

/** A difference between the source's aggregate and ours. */
export interface AggregateDifference {
  /** Absent where it is of whole rows. */
  readonly column?: string;
  readonly aggregate: Aggregate | 'hash';
  /** As text; null where all values are NULL. */
  readonly source: string | null;
  readonly landed: string | null;
}

/** SQL Server allows 4,096 expressions in a select list; a column has at most four. */
const COLUMNS_PER_STATEMENT = 250;
/** Decimals of more digits are summed up by their last ones: so many, that 10^10 of them fit in a decimal(38). */
const SUMMED_DIGITS = 28;

/** Types whose DATALENGTH is the bytes they have on the wire: not that of xml, which the server keeps otherwise, nor of sql_variant. */
const SIZED = new Set([
  'char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext', 'binary', 'varbinary', 'image', 'rowversion', 'hierarchyid', 'geometry', 'geography',
]);
/** Types that COUNT_BIG takes; of others it is asked where they are not NULL. */
const UNCOUNTABLE = new Set(['text', 'ntext', 'image', 'xml', 'sql_variant']);

/** What is asked of a column's values, by the alias that it comes back under: a letter and the column's ordinal. */
interface Question {
  readonly aggregate: Aggregate;
  readonly sql: string;
  /** Whether the source's answer is what we tallied. */
  readonly equal: (source: unknown, landed: string) => boolean;
}

const LETTERS: { readonly [aggregate in Aggregate]: string } = { nulls: 'v', bytes: 'b', sum: 's', least: 'l', greatest: 'g' };

/** The aggregates a source can be asked of a column so that they equal ours exactly; docs/consistency-and-verification.md lists them. */
function questionsOf({ column, expression }: Pick<TalliedColumn, 'column' | 'expression'>): Question[] {
  const { base, precision, scale } = parseSourceType(column.sourceType);
  const type = tallyTypeOf(column.sourceType);
  const isPlain = !UNCOUNTABLE.has(base) && (type.kind !== undefined || SIZED.has(base) && !isClr(base) || base === 'uniqueidentifier');
  const questions: Question[] = [{
    aggregate: 'nulls', sql: `COUNT_BIG(${isPlain ? expression : `CASE WHEN ${expression} IS NOT NULL THEN 1 END`})`, equal: isSameNumber,
  }];
  if (SIZED.has(base) && !isDoubleByte(column)) {
    questions.push({ aggregate: 'bytes', sql: inDigits(`SUM(CAST(DATALENGTH(${expression}) AS bigint))`), equal: isSameNumber });
  }
  if (type.hasSum) questions.push(sumOf(expression, base === 'decimal' || base === 'numeric' ? { precision, scale } : { precision: 19, scale: type.scale }));
  if (type.hasRange) {
    for (const [aggregate, name] of [['least', 'MIN'], ['greatest', 'MAX']] as const) {
      const equal = type.hasSum ? isSameNumber : base === 'float' || base === 'real' ? sameFloat(base) : isSameTime;
      questions.push({ aggregate, sql: boundSql(base, `${name}(${expression})`), equal });
    }
  }
  return questions;
}

/** Without overflow: a sum has the type decimal(38, scale). */
function sumOf(expression: string, { precision, scale }: { readonly precision: number; readonly scale: number }): Question {
  const value = `CAST(${expression} AS decimal(38,${scale}))`;
  if (precision <= SUMMED_DIGITS) return { aggregate: 'sum', sql: inDigits(`SUM(${value})`), equal: isSameNumber };
  // Remainders have the sign of their value, so that their sum is congruent to that of the values.
  const power = SUMMED_DIGITS - scale;
  const modulus = power >= 0 ? `CAST(1${'0'.repeat(power)} AS decimal(${power + 1},0))` : `CAST(0.${'0'.repeat(-power - 1)}1 AS decimal(${-power},${-power}))`;
  return {
    aggregate: 'sum',
    sql: inDigits(`SUM(${value} % ${modulus})`),
    equal: (source, landed) => isCongruent(source, landed, scale, SUMMED_DIGITS),
  };
}

/** As the tally spells it. */
function boundSql(base: string, bound: string): string {
  switch (base) {
    case 'float': case 'real': return bound;
    case 'smallmoney': case 'money': return inDigits(`CAST(${bound} AS decimal(19,4))`);
    // ODBC canonical with all digits of the scale, but a blank for the T.
    case 'date': case 'time': return `CONVERT(varchar(40), ${bound}, 121)`;
    case 'datetime': case 'datetime2': return `REPLACE(CONVERT(varchar(40), ${bound}, 121), ' ', 'T')`;
    case 'smalldatetime': return `REPLACE(CONVERT(varchar(40), CAST(${bound} AS datetime2(0)), 121), ' ', 'T')`;
    // The style writes a blank before the offset too.
    case 'datetimeoffset': return `REPLACE(REPLACE(CONVERT(varchar(40), SWITCHOFFSET(${bound}, '+00:00'), 121), ' +', '+'), ' ', 'T')`;
    default: return inDigits(bound);
  }
}

function inDigits(sql: string): string {
  return `CONVERT(varchar(60), ${sql})`;
}

function sameFloat(base: string): Question['equal'] {
  const value = (of: unknown) => (base === 'real' ? Math.fround(Number(of)) : Number(of));
  return (source, landed) => value(source) === value(landed);
}

function isClr(base: string): boolean {
  return base === 'hierarchyid' || base === 'geometry' || base === 'geography';
}

/** Their text is tallied in UTF-8. */
function isDoubleByte({ codePage }: ManifestColumn): boolean {
  return codePage !== undefined && charset(codePage).kind === 'doubleByte';
}

/**
 * The statements that ask for the rows and for what can be compared of the columns: one where there are not very many.
 *
 * @param from `FROM … WHERE …`, as the rows were read
 */
export function aggregateStatements(columns: readonly TalliedColumn[], from: string): string[] {
  const statements: string[] = [];
  for (let first = 0; first === 0 || first < columns.length; first += COLUMNS_PER_STATEMENT) {
    const asked = columns.slice(first, first + COLUMNS_PER_STATEMENT)
      .flatMap((each) => questionsOf(each).map(({ aggregate, sql }) => `${sql} AS ${aliasOf(each, aggregate)}`));
    statements.push(`SELECT ${[...first === 0 ? ['COUNT_BIG(*) AS row_count'] : [], ...asked].join(', ')} ${from}`);
  }
  return statements;
}

function aliasOf({ column }: TalliedColumn, aggregate: Aggregate): string {
  return `${LETTERS[aggregate]}${column.ordinal}`;
}

/** Of how many columns each aggregate can be compared. @param columns those of the files, companions among them */
export function comparedColumns(columns: readonly ManifestColumn[]): { readonly [aggregate in Aggregate]?: number } {
  const counts: { [aggregate in Aggregate]?: number } = {};
  for (const column of columns.filter(({ framing }) => framing !== undefined)) {
    for (const { aggregate } of questionsOf({ column, expression: '' })) counts[aggregate] = (counts[aggregate] ?? 0) + 1;
  }
  return counts;
}

/**
 * Compares the source's answers with what was tallied.
 *
 * @param rows that were landed
 * @param answers of all statements, by alias
 */
export function compareAggregates(
  columns: readonly TalliedColumn[], rows: number, answers: { readonly [alias: string]: unknown },
): AggregateDifference[] {
  return columns.flatMap((each) => questionsOf(each).flatMap(({ aggregate, equal }): AggregateDifference[] => {
    const { column: { name }, tally } = each;
    const answer = answers[aliasOf(each, aggregate)];
    if (aggregate === 'nulls') {
      const [all, values] = [wholeNumber(answers.row_count), wholeNumber(answer)];
      const nulls = all === undefined || values === undefined ? null : all - values;
      const source = nulls === null ? null : String(nulls);
      return nulls === BigInt(tally.nulls) ? [] : [{ column: name, aggregate, source, landed: String(tally.nulls) }];
    }
    const landed = tally.nulls === rows ? null : tally[aggregate]!;
    const source = answer === null || answer === undefined ? null : String(answer);
    const same = source === null || landed === null ? source === landed : equal(source, landed);
    return same ? [] : [{ column: name, aggregate, source, landed }];
  }));
}

const NAMES: { readonly [aggregate in Aggregate | 'hash']: string } = {
  nulls: 'NULLs',
  bytes: 'DATALENGTH, summed up',
  sum: 'sum',
  least: 'least value',
  greatest: 'greatest value',
  hash: 'SHA2_256, summed up',
};

/** `column "Amount": sum 12.50 landed, 12.51 in the source` */
export function differenceText({ column, aggregate, source, landed }: AggregateDifference): string {
  const text = (value: string | null) => value ?? 'none';
  return `${column === undefined ? '' : `column "${column}": `}${NAMES[aggregate]} ${text(landed)} landed, ${text(source)} in the source`;
}
