import { isFollowed, runStaged } from './changes/change-recorder';
import { DefinitionRunner } from './definition-runner';
import { Evaluator, duckValue } from './evaluator';
import { SessionState } from './session-state';
import { Transactions } from './transactions';
import { Statement } from '../sql/ast';
import { BoundColumn, BoundQuery, outputName } from '../sql/binder/bound';
import { BoundChange, DataBinder } from '../sql/binder/data-binder';
import { family, isNumeric, SENT_TEXT, storageType } from '../sql/types';
import { Command, Response } from '../tds/response';

type Change = Of<'insert'> | Of<'update'> | Of<'delete'>;
type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/**
 * A query as a login without UNMASK sees it: conditions, orders and aggregates are of the values, what comes out is masked as default() does
 * (Dynamic data masking, "Defining a Dynamic Data Mask"). Of other types than text and numbers the values are left.
 */
function maskedSql({ sql, columns }: BoundQuery): string {
  if (!columns.some(({ masked }) => masked)) return sql;
  const list = columns.map(({ type, masked }, at) => {
    const name = outputName(at);
    const mask = !masked ? name : family(type) === 'string' ? `left('xxxx', ${Math.min(4, type.length && type.length > 0 ? type.length : 4)})` : isNumeric(type) ? '0' : name;
    return mask === name ? name : `CASE WHEN q.${name} IS NULL THEN NULL ELSE CAST(${mask} AS ${storageType(type)}) END AS ${name}`;
  });
  return `SELECT ${list.join(', ')} FROM (${sql}) q`;
}

/** Runs the statements that read and change rows. */
export class DataRunner {
  constructor(
    private readonly session: SessionState,
    private readonly response: Response,
    private readonly evaluator: Evaluator,
    private readonly transactions: Transactions,
    private readonly definitions: DefinitionRunner,
  ) {}

  async select(statement: Of<'query'>): Promise<void> {
    const { session, response } = this;
    const binder = this.evaluator.binder();
    const { body } = statement.query;
    const bound = binder.query(statement.query);
    if (body.kind === 'select' && body.into) {
      const count = await this.definitions.selectInto(body.into, bound, binder.values, statement.line);
      this.finish(Command.SELECT, count);
      return;
    }
    if (body.kind === 'select' && body.from) {
      await this.transactions.beginImplicit();
      session.touched = true;
    }
    await this.evaluator.refreshSystemViews();
    if (binder.assigned.length > 0) {
      await this.assignRow(binder, bound.sql, bound.columns);
      return;
    }
    if (session.isOn('FMTONLY')) {
      response.columns(asSent(bound.columns));
      response.statementDone(Command.SELECT, 0n);
      return;
    }
    const prepared = await session.connection.prepare(maskedSql(bound));
    try {
      prepared.bind(binder.values.map(duckValue));
      // As in SQL Server, an error while rows are computed comes after the metadata.
      const columns = asSent(bound.columns);
      response.columns(columns);
      const count = await response.rows(columns, await prepared.stream());
      this.finish(Command.SELECT, count);
    } finally {
      prepared.destroySync();
    }
  }

  async change(statement: Change): Promise<void> {
    await this.transactions.beginImplicit();
    await this.transactions.awaiting(statement.line, async () => this.changeOnce(statement));
  }

  private async changeOnce(statement: Change): Promise<void> {
    const { session, response } = this;
    const binder = this.evaluator.binder();
    const [bound, command] = statement.kind === 'insert' ? [binder.insert(statement, session.options.get('IDENTITY_INSERT')), Command.INSERT]
      : statement.kind === 'update' ? [binder.update(statement), Command.UPDATE] : [binder.delete(statement), Command.DELETE];
    const context = statement.context ? await this.evaluator.scalar(statement.context, { name: 'varbinary', length: 128 }) : null;
    await this.evaluator.refreshSystemViews();
    const database = session.engine.catalog.database(bound.table.database)!;
    const { rows, result } = isFollowed(database, bound.table)
      ? await this.transactions.within(async () => runStaged(session, database, bound, binder.values, context as Buffer | null))
      : await this.plainly(bound, binder);
    if (bound.output) {
      response.columns(bound.output);
      const count = await response.rows(bound.output, result);
      this.finish(command, count);
    } else {
      this.finish(command, BigInt(rows));
    }
  }

  private async plainly({ sql }: BoundChange, { values }: DataBinder) {
    const result = await this.session.connection.run(sql, values.map(duckValue));
    return { rows: result.rowsChanged, result };
  }

  /** SELECT @a = ..., @b = ...: the last row's values stay; none leaves the variables as they are. */
  private async assignRow(binder: DataBinder, sql: string, columns: readonly BoundColumn[]): Promise<void> {
    const list = columns.map(({ type }, at) => (['binary', 'udt'].includes(family(type)) ? outputName(at) : `CAST(${outputName(at)} AS VARCHAR)`));
    const rows = await this.evaluator.query(`SELECT ${list.join(', ')} FROM (${sql})`, binder.values);
    if (rows.length > 0) {
      binder.assigned.forEach((name, at) => {
        this.session.variables.get(name.toLowerCase())!.value = rows[rows.length - 1][at];
      });
    }
    this.session.rowCount = BigInt(rows.length);
  }

  private finish(command: Command, count: bigint): void {
    this.session.rowCount = count;
    this.response.statementDone(command, this.session.isOn('NOCOUNT') ? undefined : count);
  }
}

/** json and vector are sent as text to clients that did not ask for them as such. */
function asSent(columns: readonly BoundColumn[]): BoundColumn[] {
  return columns.map((column) => (['json', 'vector'].includes(family(column.type)) ? { ...column, type: SENT_TEXT } : column));
}
