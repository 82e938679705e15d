import { quoteText } from '../../engine/identifiers';
import { INT, MAX, SqlType, nvarchar } from '../types';
import { BindContext, Bound } from './bound';
import { convert } from './conversions';

const NONDETERMINISTIC = 'GETDATE|GETUTCDATE|SYSDATETIME|SYSUTCDATETIME|SYSDATETIMEOFFSET|CURRENT_TIMESTAMP|NEWID|SUSER_SNAME|DB_NAME';

/** One call of a function that looks into the catalog. */
export class Lookup {
  constructor(readonly context: BindContext, readonly args: Bound[]) {}

  /** The value of a view's row that meets the conditions. */
  find(view: string, result: string, type: SqlType, conditions: string): Bound {
    const { database } = this.context;
    this.context.useSystemViews(database);
    return { sql: `(SELECT any_value(v.${result}) FROM "${database.name}".sys.${view} v WHERE ${conditions})`, type, nullable: true };
  }

  /** The value of an object's row, or of its schema's. */
  findObject(result: string, type: SqlType, conditions: string): Bound {
    const { database } = this.context;
    this.context.useSystemViews(database);
    const sql = `(SELECT any_value(${result}) FROM "${database.name}".sys.objects v JOIN "${database.name}".sys.schemas s ON s.schema_id = v.schema_id WHERE ${conditions})`;
    return { sql, type, nullable: true };
  }

  /** Of computed columns alone: whether a function of another value each time is in its definition. */
  findDeterminism(): Bound {
    const { database } = this.context;
    this.context.useSystemViews(database);
    const value = `CASE WHEN regexp_matches(upper(v.definition), '\\b(${NONDETERMINISTIC})\\b') THEN 0 ELSE 1 END`;
    const where = `v.object_id = ${this.key(0)} AND fold_case(v.name) = ${this.text(1)}`;
    return { sql: `(SELECT any_value(${value}) FROM "${database.name}".sys.computed_columns v WHERE ${where})`, type: INT, nullable: true };
  }

  /** Whether the object named first is none of those. */
  permitted(tables: readonly string[]): Bound {
    // Never empty, since a parameter that is bound must be used.
    const denied = ['', ...tables].map(quoteText).join(', ');
    const sql = this.args[0].untypedNull ? '1' : `CASE WHEN lower(object_path(${this.path(0)})) IN (${denied}) THEN 0 ELSE 1 END`;
    return { sql: `CAST(${sql} AS INTEGER)`, type: INT, nullable: true };
  }

  key(at: number): string {
    return convert(this.args[at], INT);
  }

  text(at: number): string {
    return `fold_case(${this.path(at)})`;
  }

  path(at: number): string {
    return convert(this.args[at], nvarchar(MAX));
  }
}
