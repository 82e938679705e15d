import { DataRunner } from './data-runner';
import { DefinitionRunner } from './definition-runner';
import { Evaluator, SNAPSHOT_ENDED } from './evaluator';
import { kill } from './kill';
import { print, raiserror, throwError } from './messages';
import { executeProcedure } from './procedures';
import { SessionState } from './session-state';
import { setOption, useDatabase } from './settings';
import { Transactions } from './transactions';
import { ENDS_TRANSACTION, toSqlError, endsBatch } from '../engine/duck-errors';
import { Statement } from '../sql/ast';
import { SqlError } from '../sql/errors';
import { StatementParser } from '../sql/parser/statement-parser';
import { nvarchar } from '../sql/types';
import { CancelledError, Response } from '../tds/response';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** How a statement ended: on to the next, or out of a loop or the batch. */
type Outcome = 'next' | 'break' | 'continue' | 'return';

/** Raised to leave a batch whose error was already sent. */
class BatchAborted extends Error {}

/** Runs the statements of a batch against DuckDB, one after the other. */
export class Interpreter {
  readonly evaluator: Evaluator;
  private readonly transactions: Transactions;
  readonly definitions: DefinitionRunner;
  private readonly data: DataRunner;
  private depth = 0;

  constructor(readonly session: SessionState, readonly response: Response) {
    this.evaluator = new Evaluator(session);
    this.transactions = new Transactions(session, response);
    this.definitions = new DefinitionRunner(session, this.evaluator, this.transactions);
    this.data = new DataRunner(session, response, this.evaluator, this.transactions, this.definitions);
  }

  /**
   * Parses and runs a batch; errors go into the response.
   *
   * @returns false when an error ended it
   */
  async batch(sql: string): Promise<boolean> {
    try {
      let statements: Statement[];
      try {
        statements = StatementParser.parse(sql);
      } catch (error) {
        throw toSqlError(error, 1);
      }
      await this.statements(statements);
      return true;
    } catch (error) {
      if (error instanceof BatchAborted) {
        return false;
      }
      if (error instanceof SqlError) {
        this.report(error);
        this.response.statementDone();
        return false;
      }
      throw error;
    }
  }

  private async statements(statements: Statement[]): Promise<Outcome> {
    for (const statement of statements) {
      const outcome = await this.guarded(statement);
      if (outcome !== 'next') {
        return outcome;
      }
    }
    return 'next';
  }

  /** Runs one statement; an error that does not end the batch is reported and the next one runs. */
  private async guarded(statement: Statement): Promise<Outcome> {
    const { session } = this;
    if (session.cancelled) {
      throw new CancelledError();
    }
    try {
      const outcome = await this.run(statement);
      session.lastError = 0;
      return outcome;
    } catch (raw) {
      if (raw instanceof BatchAborted || raw instanceof CancelledError || session.cancelled) {
        throw session.cancelled ? new CancelledError() : raw;
      }
      const error = toSqlError(raw, statement.line);
      if (this.depth > 0) {
        throw error;
      }
      this.report(error);
      this.response.statementDone();
      if (session.inTransaction && ((session.isOn('XACT_ABORT') && error.number !== 50000) || error.number === SNAPSHOT_ENDED || ENDS_TRANSACTION.has(error.number))) {
        await this.transactions.rollback();
      }
      if (endsBatch(error) || session.isOn('XACT_ABORT')) {
        throw new BatchAborted();
      }
      return 'next';
    }
  }

  private report(error: SqlError): void {
    if (error.severity > 10) {
      this.session.lastError = error.number;
    }
    this.response.message(error);
  }

  private async run(statement: Statement): Promise<Outcome> {
    const { session } = this;
    switch (statement.kind) {
      case 'query':
        await this.data.select(statement);
        return 'next';
      case 'insert':
      case 'update':
      case 'delete':
        await this.data.change(statement);
        return 'next';
      case 'setVariable':
        await this.evaluator.assign(statement);
        return 'next';
      case 'declare':
        for (const { name, type, value } of statement.variables) {
          session.variables.set(name.toLowerCase(), { type, value: null });
          if (value) {
            await this.evaluator.assign({ kind: 'setVariable', variable: name, op: '=', value, line: statement.line });
          }
        }
        return 'next';
      case 'setOption':
        setOption(statement, session);
        return 'next';
      case 'if':
        if (await this.evaluator.condition(statement.condition)) {
          return this.guarded(statement.then);
        }
        return statement.otherwise ? this.guarded(statement.otherwise) : 'next';
      case 'while':
        while (await this.evaluator.condition(statement.condition)) {
          const outcome = await this.guarded(statement.body);
          if (outcome === 'break') {
            break;
          }
          if (outcome === 'return') {
            return outcome;
          }
        }
        return 'next';
      case 'break':
      case 'continue': return statement.kind;
      case 'block': return this.statements(statement.statements);
      case 'tryCatch': return this.tryCatch(statement);
      case 'print':
        await print(statement, this.evaluator, this.response);
        return 'next';
      case 'raiserror':
        await raiserror(statement, this.evaluator, this.response);
        return 'next';
      case 'throw': return throwError(statement, this.evaluator, session);
      case 'execute':
        await executeProcedure(this, statement);
        return 'next';
      case 'use':
        useDatabase(statement.database, statement.line, session, this.response);
        return 'next';
      case 'transaction':
        await this.transactions.run(statement.action, statement.name, statement.line);
        return 'next';
      case 'waitFor': {
        const delay = String(await this.evaluator.scalar(statement.delay, nvarchar(30)));
        const [hours, minutes, seconds] = delay.split(':').map(Number);
        await this.pause(((hours * 60 + minutes) * 60 + (seconds || 0)) * 1000);
        return 'next';
      }
      case 'kill':
        kill(statement.spid, session);
        return 'next';
      case 'return': return 'return';
      case 'nothing': return 'next';
      default:
        await this.transactions.beginImplicit();
        await this.definitions.run(statement);
        return 'next';
    }
  }

  private async tryCatch(statement: Of<'tryCatch'>): Promise<Outcome> {
    const { session } = this;
    this.depth += 1;
    try {
      return await this.statements(statement.body);
    } catch (raw) {
      if (raw instanceof BatchAborted || raw instanceof CancelledError) {
        throw raw;
      }
      session.caught = toSqlError(raw, statement.line);
      this.response.abandonResult();
      this.depth -= 1;
      try {
        return await this.statements(statement.handler);
      } finally {
        session.caught = undefined;
        this.depth += 1;
      }
    } finally {
      this.depth -= 1;
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(20, end - Date.now())));
      if (this.session.cancelled) {
        throw new CancelledError();
      }
    }
  }
}
