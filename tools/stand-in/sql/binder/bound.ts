import { ColumnEntry, DatabaseEntry, TableEntry } from '../../engine/catalog';
import { SqlType } from '../types';

/** An expression in DuckDB SQL, with the type T-SQL gives it. */
export interface Bound {
  readonly sql: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  /** The column it is, when it is nothing else. */
  readonly source?: { readonly table: TableEntry; readonly column: ColumnEntry };
  /** A NULL without a type takes the other side's. */
  readonly untypedNull?: boolean;
  /** Text of a constant, where a function needs it when the statement is bound. */
  readonly constant?: string | null;
  /** Digits of an integer constant: it counts as decimal(digits,0) in decimal arithmetic. */
  readonly integerDigits?: number;
  /** It has aggregates of its own, so a TOP or ORDER BY around it must not look into the FROM clause. */
  readonly aggregate?: boolean;
}

/** Follows a masked column in DuckDB SQL, so that whatever is computed of it is known to be. */
export const MASKED = '/*masked*/';

export interface BoundColumn {
  /** Whether it is, or is computed of, a column that is masked from the login. */
  readonly masked?: boolean;
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly source?: { readonly table: TableEntry; readonly column: ColumnEntry };
}

/** A query in DuckDB SQL; its columns are named c1, c2, … because T-SQL's may be missing or repeat. */
export interface BoundQuery {
  readonly sql: string;
  readonly columns: BoundColumn[];
}

/** A value in the text its storage type casts from, bytes for a binary type, null for NULL. */
export type StorageValue = string | Buffer | null;

export interface Variable {
  readonly type: SqlType;
  value: StorageValue;
}

export type Permission = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'VIEW CHANGE TRACKING';

/** What binding a statement asks of the session it runs in. */
export interface BindContext {
  readonly database: DatabaseEntry;
  readonly databaseNamed: (name: string) => DatabaseEntry | undefined;
  /** Temporary tables of the session. */
  readonly temporaryTable: (name: string) => TableEntry | undefined;
  readonly variable: (name: string) => Variable | undefined;
  /** A system function's value, as `@@VERSION` or `SUSER_SNAME()`; undefined when there is none of that name. */
  readonly systemValue: (name: string, args: Array<string | null>) => { type: SqlType; value: StorageValue } | undefined;
  /** Called for each table a statement touches; throws SqlError 229 when the login may not. */
  readonly checkPermission: (table: TableEntry, permission: Permission, line: number) => void;
  /** Throws SqlError 22117 where the session is on a readable secondary. */
  readonly checkPrimary: (line: number) => void;
  /** Rows of a view of the system catalog as they are this moment, in DuckDB's SQL; undefined of those that are stored. */
  readonly liveRows: (view: TableEntry) => string | undefined;
  /** Called for each table that is read; throws the error of a kind of table that cannot be read so. */
  readonly checkRead: (table: TableEntry, how: { readonly hints: readonly string[]; readonly sampled: boolean }, line: number) => void;
  /** Tables, `schema.name` in lower case, that the login may not read, or whose changes it may not see. */
  readonly deniedTables: (permission?: 'SELECT' | 'VIEW CHANGE TRACKING') => string[];
  /** Whether masked columns are masked from the login. */
  readonly masks: boolean;
  /** The condition of the rows of a view of the system catalog that the login may see, in DuckDB's SQL; undefined where it may see all. */
  readonly visibleRows: (view: TableEntry) => string | undefined;
  /** Called for each view of the system catalog used, so that its rows can be brought up to date. */
  readonly useSystemViews: (database: DatabaseEntry) => void;
}

/** Column name as the outputs of a bound query have it. */
export const outputName = (index: number) => `c${index + 1}`;
