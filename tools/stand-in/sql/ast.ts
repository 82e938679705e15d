import { SqlType } from './types';
import type { ChangeTrackingOptions } from '../engine/changes/database-changes';

/** A name of one to four parts, the object's own last. */
export interface ObjectName {
  readonly parts: string[];
  readonly line: number;
}

export type Expr =
  | { kind: 'null' }
  | { kind: 'number'; text: string; line: number }
  | { kind: 'string'; value: string; unicode: boolean }
  | { kind: 'binary'; hex: string }
  | { kind: 'column'; parts: string[]; line: number }
  | { kind: 'variable'; name: string; line: number }
  | { kind: 'unary'; op: '-' | '+' | '~'; operand: Expr; line: number }
  | { kind: 'arithmetic'; op: string; left: Expr; right: Expr; line: number }
  | { kind: 'collate'; operand: Expr; collation: string }
  | { kind: 'cast'; operand: Expr; type: SqlType; style?: Expr; tolerant: boolean; line: number }
  | { kind: 'case'; subject?: Expr; branches: Array<{ when: Expr | Predicate; then: Expr }>; otherwise?: Expr; line: number }
  | { kind: 'iif'; condition: Predicate; then: Expr; otherwise: Expr; line: number }
  | { kind: 'call'; name: string; args: Expr[]; star: boolean; distinct: boolean; over?: Window; withinGroup?: OrderItem[]; line: number }
  | { kind: 'subquery'; query: Query; line: number }
  | { kind: 'method'; operand: Expr; name: string; args: Expr[]; line: number };

export type Predicate =
  | { kind: 'and' | 'or'; left: Predicate; right: Predicate }
  | { kind: 'not'; operand: Predicate }
  | { kind: 'compare'; op: string; left: Expr; right: Expr; line: number }
  | { kind: 'quantified'; op: string; quantifier: 'ANY' | 'ALL'; left: Expr; query: Query; line: number }
  | { kind: 'between'; negated: boolean; operand: Expr; low: Expr; high: Expr; line: number }
  | { kind: 'in'; negated: boolean; operand: Expr; list?: Expr[]; query?: Query; line: number }
  | { kind: 'like'; negated: boolean; operand: Expr; pattern: Expr; escape?: Expr; line: number }
  | { kind: 'isNull'; negated: boolean; operand: Expr }
  | { kind: 'exists'; query: Query };

export interface Window {
  readonly partitionBy: Expr[];
  readonly orderBy: OrderItem[];
  /** ROWS or RANGE clause as written. */
  readonly frame?: string;
}

export interface OrderItem {
  readonly expr: Expr;
  readonly descending: boolean;
}

export type SelectItem =
  | { kind: 'star'; qualifier?: string[]; line: number }
  | { kind: 'assign'; variable: string; expr: Expr; line: number }
  | { kind: 'expr'; expr: Expr; alias?: string; line: number };

export type TableSource =
  | { kind: 'table'; name: ObjectName; alias?: string; hints?: readonly string[]; sample?: { amount: Expr; unit: 'PERCENT' | 'ROWS'; seed?: Expr } }
  | { kind: 'function'; name: ObjectName; args: Expr[]; alias?: string; columns?: string[] }
  | { kind: 'changeTable'; name: ObjectName; since?: Expr; keys?: { columns: string[]; values: Expr[] }; alias?: string; columns?: string[]; line: number }
  | { kind: 'derived'; query: Query; alias: string; columns?: string[] }
  | { kind: 'join'; type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'CROSS APPLY' | 'OUTER APPLY'; left: TableSource; right: TableSource; on?: Predicate };

export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly top?: { count: Expr; percent: boolean };
  readonly items: SelectItem[];
  readonly into?: ObjectName;
  readonly from?: TableSource;
  readonly where?: Predicate;
  readonly groupBy?: Expr[];
  readonly having?: Predicate;
  readonly line: number;
}

export interface Values {
  readonly kind: 'values';
  readonly rows: Expr[][];
  readonly line: number;
}

export interface SetOperation {
  readonly kind: 'set';
  readonly op: 'UNION' | 'UNION ALL' | 'EXCEPT' | 'INTERSECT';
  readonly left: QueryBody;
  readonly right: QueryBody;
  readonly line: number;
}

export type QueryBody = Select | Values | SetOperation;

export interface CommonTable {
  readonly name: string;
  readonly columns?: string[];
  readonly query: Query;
}

export interface Query {
  readonly with: CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: OrderItem[];
  readonly offset?: Expr;
  readonly fetch?: Expr;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type?: SqlType;
  readonly nullable?: boolean;
  readonly identity?: { seed: bigint; increment: bigint };
  readonly computed?: { expr: Expr; text: string; persisted: boolean };
  /** `withValues`: rows that are there get it too, where the column is nullable. */
  readonly defaultValue?: { expr: Expr; text: string; withValues?: boolean };
  readonly masked?: string;
  readonly encrypted?: 'DETERMINISTIC' | 'RANDOMIZED';
  readonly columnSet?: boolean;
  readonly fileStream?: boolean;
  readonly hidden?: boolean;
  readonly constraints: TableConstraint[];
}

/** What CREATE TABLE says of the table as a whole. */
export interface TableOptions {
  readonly external?: boolean;
  readonly as?: 'NODE' | 'EDGE' | 'FILETABLE';
  /** Options of WITH by name, in upper case. */
  readonly with?: ReadonlyMap<string, string>;
  /** Of SYSTEM_VERSIONING. */
  readonly history?: ObjectName;
  readonly indexes?: ReadonlyArray<{ readonly name: string; readonly unique: boolean; readonly hash: boolean; readonly columns: IndexColumn[] }>;
}

export type TableConstraint =
  | { kind: 'key'; name?: string; primary: boolean; clustered?: boolean; hash?: boolean; columns: IndexColumn[] }
  | { kind: 'foreign'; name?: string; columns: string[]; references: ObjectName; referenced: string[] }
  | { kind: 'check'; name?: string; text: string };

/** `ON scheme(column)` */
export interface PartitionedStorage {
  readonly scheme: string;
  readonly column: string;
}

export interface IndexColumn {
  readonly name: string;
  readonly descending: boolean;
}

export type Assignment = { column: string; value: Expr | 'default' };

export type Statement = { line: number } & (
  | { kind: 'query'; query: Query }
  | { kind: 'insert'; table: ObjectName; columns?: string[]; query?: Query; rows?: Array<Array<Expr | 'default'>>; defaults?: boolean; output?: SelectItem[]; exec?: Statement; context?: Expr }
  | { kind: 'update'; table: ObjectName; top?: Expr; assignments: Assignment[]; from?: TableSource; where?: Predicate; context?: Expr }
  | { kind: 'delete'; table: ObjectName; top?: Expr; from?: TableSource; where?: Predicate; context?: Expr }
  | { kind: 'truncate'; table: ObjectName }
  | { kind: 'createTable'; table: ObjectName; columns: ColumnDefinition[]; constraints: TableConstraint[]; storage?: PartitionedStorage; options?: TableOptions }
  | { kind: 'createPartitionFunction'; name: string; type: SqlType; right: boolean; values: Expr[] }
  | { kind: 'createPartitionScheme'; name: string; partitionFunction: string }
  | { kind: 'createIndex'; name: string; table: ObjectName; unique: boolean; clustered: boolean; columns: IndexColumn[]; included: string[]; storage?: PartitionedStorage; hypothetical?: boolean; filter?: string }
  | { kind: 'alterIndex'; name: string; table: ObjectName; disable: boolean }
  | { kind: 'createView'; view: ObjectName; columns?: string[]; query: Query }
  | { kind: 'createSynonym'; synonym: ObjectName; base: string }
  | { kind: 'createFunction'; name: ObjectName }
  | { kind: 'createSchema'; name: string }
  | { kind: 'createSecurityPolicy'; policy: ObjectName; predicates: Array<{ text: string; table: ObjectName }>; enabled: boolean }
  | { kind: 'createDatabase'; name: string; snapshotOf?: string }
  | { kind: 'drop'; what: 'TABLE' | 'VIEW' | 'SCHEMA' | 'DATABASE' | 'INDEX' | 'SECURITY POLICY'; names: ObjectName[]; ifExists: boolean; on?: ObjectName }
  | { kind: 'addColumn'; table: ObjectName; columns: ColumnDefinition[] }
  | { kind: 'addConstraint'; table: ObjectName; constraint: TableConstraint }
  | { kind: 'dropColumn'; table: ObjectName; columns: string[] }
  | { kind: 'alterColumn'; table: ObjectName; column: ColumnDefinition }
  | { kind: 'alterDatabase'; name: string; option: string; value: string; changeTracking?: Partial<ChangeTrackingOptions> }
  | { kind: 'switchPartition'; table: ObjectName; from?: Expr; target: ObjectName; to?: Expr }
  | { kind: 'changeTracking'; table: ObjectName; on: boolean; trackColumnsUpdated: boolean }
  | { kind: 'permission'; action: 'GRANT' | 'DENY' | 'REVOKE'; permission: string; object?: ObjectName; principal: string }
  | { kind: 'setOption'; option: string; value: string }
  | { kind: 'setVariable'; variable: string; op: string; value: Expr }
  | { kind: 'declare'; variables: Array<{ name: string; type: SqlType; value?: Expr }> }
  | { kind: 'if'; condition: Predicate; then: Statement; otherwise?: Statement }
  | { kind: 'while'; condition: Predicate; body: Statement }
  | { kind: 'break' | 'continue' }
  | { kind: 'block'; statements: Statement[] }
  | { kind: 'tryCatch'; body: Statement[]; handler: Statement[] }
  | { kind: 'print'; value: Expr }
  | { kind: 'raiserror'; message: Expr; severity: Expr; state: Expr; args: Expr[]; nowait: boolean }
  | { kind: 'throw'; number?: Expr; message?: Expr; state?: Expr }
  | { kind: 'execute'; procedure?: ObjectName; args: Array<{ name?: string; value: Expr; output: boolean }>; text?: Expr; result?: string }
  | { kind: 'use'; database: string }
  | { kind: 'transaction'; action: 'begin' | 'commit' | 'rollback' | 'save'; name?: string }
  | { kind: 'waitFor'; delay: Expr }
  | { kind: 'kill'; spid: number }
  | { kind: 'return'; value?: Expr }
  | { kind: 'nothing' }
);
