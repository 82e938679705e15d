import type { ChangeMark } from '../../../src/contract';
import type { ChangedTable } from '../../../src/extractor/changes/changed-table';
import type { TableChanges } from '../../../src/extractor/changes/table-changes';
import { readBegin } from '../../../src/extractor/changes/transaction-begin';
import { quoteTable } from '../../../src/extractor/source/catalog/identifiers';
import type { CatalogRow, SqlServerConnection } from '../../../src/extractor/source/connection/sql-server-connection';

/** What one step of changes had. */
export interface ReplicaStep {
  readonly to: ChangeMark;
  readonly changes: readonly CatalogRow[];
  readonly keys: readonly CatalogRow[];
  readonly deletes: readonly CatalogRow[];
  /** As the source counts them: inserts, updates, deletes. */
  readonly counts: readonly [number, number, number];
}

/** Rows of a table as a landed table has them: replaced by the bytes of their keys, from statements of a way over TDS. */
export class ChangeReplica {
  /** Rows as JSON, by landing order. */
  public rows: CatalogRow[] = [];
  public mark?: ChangeMark;

  public constructor(private readonly connection: SqlServerConnection, private readonly table: ChangedTable, public readonly way: TableChanges) {}

  /** The whole table, in one SNAPSHOT transaction. @param between runs after the mark is taken, before rows are read */
  public async base(between?: () => Promise<unknown>): Promise<ChangeMark> {
    return this.inTransaction(async (mark) => {
      await between?.();
      this.rows = await this.connection.query(`SELECT ${this.columns.join(', ')} FROM ${quoteTable(this.table.schema, this.table.table)}`, 'read the table');
      this.mark = mark;
      return mark;
    });
  }

  /** Changes since the mark. */
  public async step(): Promise<ReplicaStep> {
    return this.inTransaction(async (to) => {
      const from = this.mark!;
      await this.way.check(this.connection, from);
      const { changes, keys, deletes, counts } = this.way.statements(from, to);
      const ask = async (statement: typeof keys, what: string) => (statement ? this.connection.query(statement.sql, what, statement.parameters) : []);
      const read = { changes: await ask(changes, 'changes'), keys: await ask(keys, 'keys'), deletes: await ask(deletes, 'deletes') };
      const [counted] = await ask(counts, 'counts');
      await this.way.check(this.connection, from);
      const gone = new Set([...read.keys, ...read.deletes].map((row) => this.keyText(row)));
      this.rows = [...this.rows.filter((row) => !gone.has(this.keyText(row))), ...read.changes.map((row) => this.ownColumns(row))];
      this.mark = to;
      return { to, ...read, counts: [Number(counted.inserts), Number(counted.updates), Number(counted.deletes)] };
    });
  }

  /** Rows as sorted JSON. */
  public told(): string[] {
    return this.rows.map((row) => JSON.stringify(row)).sort();
  }

  /** What the source has now. */
  public async source(): Promise<string[]> {
    const rows = await this.connection.query(`SELECT ${this.columns.join(', ')} FROM ${quoteTable(this.table.schema, this.table.table)}`, 'read the source');
    return rows.map((row) => JSON.stringify(row)).sort();
  }

  private get columns(): string[] {
    return this.table.columns.map(({ name }) => `[${name}]`);
  }

  private keyText(row: CatalogRow): string {
    return JSON.stringify(this.table.key.map((name) => row[name]));
  }

  private ownColumns(row: CatalogRow): CatalogRow {
    return Object.fromEntries(this.table.columns.map(({ name }) => [name, row[name]]));
  }

  private async inTransaction<T>(work: (mark: ChangeMark) => Promise<T>): Promise<T> {
    await this.connection.query('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION', 'begin');
    try {
      const begin = await readBegin(this.connection, [this.way.way as never]);
      return await work(await this.way.mark(this.connection, begin));
    } finally {
      await this.connection.query('IF @@TRANCOUNT > 0 ROLLBACK; SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'end');
    }
  }
}
