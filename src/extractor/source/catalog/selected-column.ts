import { quoteName, selectedBy } from './identifiers';

/** A column as statements select it. Plain data, so that it can go to a thread. */
export interface SelectedColumn {
  readonly name: string;
  /** Of a graph's pseudo-column: its name in the catalog. */
  readonly catalogName?: string;
  /** Name it lands under. */
  readonly landed: string;
  /** What is selected instead of the value itself: the text of a json or vector, that of a CLR type. */
  readonly form?: 'utf8' | 'clrText';
}

/** The value of a column. @param alias of its table, where a statement reads several */
export function expressionOf(column: SelectedColumn, alias?: string): string {
  const own = `${alias === undefined ? '' : `${alias}.`}${selectedBy(column)}`;
  switch (column.form) {
    case 'utf8': return inUtf8(own);
    case 'clrText': return `${own}.ToString()`;
    default: return own;
  }
}

/** The same under the name it lands under. */
export function selectionOf(column: SelectedColumn, alias?: string): string {
  const isNamed = column.form === undefined && column.landed === column.name;
  return `${expressionOf(column, alias)}${isNamed ? '' : ` AS ${quoteName(column.landed)}`}`;
}

/**
 * The text of a json or vector, as the server would send it but named as what it is: what is read, counted and hashed is then
 * the same value. Of characters a CAST keeps the collation, so that no character is lost on the way over nvarchar.
 */
function inUtf8(column: string): string {
  return `CAST(CAST(${column} AS nvarchar(max)) COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(max))`;
}
