import { collationOf } from '../../sql/collations';
import { TYPE_IDS, catalogShape, maxLength, parseType } from '../../sql/type-declaration';
import { SqlType, family } from '../../sql/types';
import { Catalog, ColumnEntry, DatabaseEntry } from '../catalog';
import { ServerSession } from '../sessions';

export type Cell = string | number | bigint | boolean | null;

/** A view of the system catalog: what SQL Server documents of it, as far as the stand-in has the facts. */
export interface SystemView {
  readonly schema: 'sys' | 'INFORMATION_SCHEMA';
  readonly name: string;
  /** Column declarations, `name type [null]`, in the documented order. */
  readonly columns: readonly string[];
  /** Rows from the data dictionary, one value a column; absent when `query` computes them. */
  readonly rows?: (database: DatabaseEntry, catalog: Catalog) => Cell[][];
  /** Whether statements read `rows` as they are when they begin, rather than as their transaction's snapshot has them. */
  readonly live?: boolean;
  /** Rows from the sessions there are, in place of those of the dictionary. */
  readonly sessionRows?: (sessions: readonly ServerSession[]) => Cell[][];
  /** Further rows, of the system's own objects, which never change. */
  readonly systemRows?: (database: DatabaseEntry) => Cell[][];
  /** DuckDB SQL of the rows; `{db}` stands for the quoted database name, `{dbtext}` for the name as text. */
  readonly query?: string;
}

/** Columns of a view as dictionary entries. */
export function viewColumns(view: SystemView): ColumnEntry[] {
  return columnsDeclared(view.columns);
}

/** Columns of declarations, `name type [null]`. */
export function columnsDeclared(declarations: readonly string[]): ColumnEntry[] {
  return declarations.map((declaration, index) => {
    const [, name, type, nullable] = /^(\S+) (.+?)( null)?$/.exec(declaration)!;
    return { id: index + 1, name, type: parseType(type), nullable: nullable !== undefined };
  });
}

/** Date of a catalog row as 100 ns ticks since 0001-01-01, the storage of datetime. */
export function ticks(date: Date): bigint {
  return BigInt(date.getTime()) * 10_000n + 621355968000000000n;
}

/** system_type_id, user_type_id, max_length, precision, scale and collation_name of a column. */
export function typeCells(type: SqlType): [number, number, number, number, number, string | null] {
  const [systemId, userId] = TYPE_IDS[type.name];
  const { precision, scale } = catalogShape(type);
  return [systemId, userId, maxLength(type), precision, scale, family(type) === 'string' ? collationOf(type.collation).name : null];
}
