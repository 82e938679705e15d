import { Evaluator } from './evaluator';
import { SessionState } from './session-state';
import { Statement } from '../sql/ast';
import { StorageValue } from '../sql/binder/bound';
import { SqlError } from '../sql/errors';
import { MAX, nvarchar } from '../sql/types';
import { Response } from '../tds/response';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

export async function print(statement: Of<'print'>, evaluator: Evaluator, response: Response): Promise<void> {
  const text = await evaluator.scalar(statement.value, nvarchar(MAX));
  response.message(new SqlError(0, String(text ?? ' '), { severity: 0, line: statement.line }));
}

/** RAISERROR: a message to the client, an error from severity 11 on. */
export async function raiserror(statement: Of<'raiserror'>, evaluator: Evaluator, response: Response): Promise<void> {
  const values: StorageValue[] = [];
  for (const expr of [statement.message, statement.severity, statement.state, ...statement.args]) {
    values.push(await evaluator.scalar(expr, nvarchar(4000)));
  }
  const [text, severity, state, ...args] = values.map(String);
  let at = 0;
  const number = /^\d+$/.test(text) ? Number(text) : 50000;
  const message = text.replace(/%[-+0# ]*\d*\.?\d*(?:[dis]|I64d)|%%/g, (place) => (place === '%%' ? '%' : args[at++] ?? '(null)'));
  const error = new SqlError(number, message, { severity: Number(severity), state: Number(state), line: statement.line });
  if (error.severity <= 10) {
    response.message(error);
    return;
  }
  throw error;
}

/** THROW: an error of its own, or again the one that is being handled. */
export async function throwError(statement: Of<'throw'>, evaluator: Evaluator, session: SessionState): Promise<never> {
  if (!statement.number) {
    if (!session.caught) {
      throw new SqlError(10704, 'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.', { severity: 15 });
    }
    throw session.caught;
  }
  const values: StorageValue[] = [];
  for (const expr of [statement.number, statement.message!, statement.state!]) {
    values.push(await evaluator.scalar(expr, nvarchar(2048)));
  }
  throw new SqlError(Number(values[0]), String(values[1]), { severity: 16, state: Number(values[2]), line: statement.line });
}
