import type { Interpreter } from './interpreter';
import { Statement } from '../sql/ast';
import { StorageValue, Variable } from '../sql/binder/bound';
import { Scope } from '../sql/binder/scope';
import { SqlError } from '../sql/errors';
import { parseParameters } from '../sql/parser/parameters';
import { MAX, nvarchar } from '../sql/types';

type Execute = Extract<Statement, { kind: 'execute' }>;

/** EXEC of text or of one of the procedures the stand-in has. */
export async function executeProcedure(interpreter: Interpreter, statement: Execute): Promise<void> {
  if (statement.text) {
    const binder = interpreter.binder();
    const text = String(await interpreter.evaluate(binder.expression(statement.text, new Scope()), nvarchar(MAX), binder));
    await runNested(interpreter, text, new Map());
    return;
  }
  const parts = statement.procedure!.parts;
  const name = parts[parts.length - 1].toLowerCase();
  switch (name) {
    case 'sp_executesql': {
      const text = String(await argument(interpreter, statement, 0));
      const declared = statement.args.length > 1 ? parseParameters(String(await argument(interpreter, statement, 1))) : [];
      const variables = new Map<string, Variable>();
      for (const [at, parameter] of declared.entries()) {
        const given = statement.args.slice(2).find((arg) => arg.name?.toLowerCase() === parameter.name.toLowerCase()) ?? statement.args.slice(2)[at];
        const binder = interpreter.binder();
        variables.set(parameter.name.toLowerCase(), {
          type: parameter.type,
          value: given ? await interpreter.evaluate(binder.expression(given.value, new Scope()), parameter.type, binder) : null,
        });
      }
      await runNested(interpreter, text, variables);
      return;
    }
    case 'sp_set_session_context':
    case 'sp_reset_connection':
      return;
    default:
      throw new SqlError(2812, `Could not find stored procedure '${parts.join('.')}'.`, { state: 62, line: statement.line });
  }
}

async function argument(interpreter: Interpreter, statement: Execute, at: number): Promise<StorageValue> {
  const binder = interpreter.binder();
  return interpreter.evaluate(binder.expression(statement.args[at].value, new Scope()), nvarchar(MAX), binder);
}

/** Variables of the caller are out of sight inside. */
async function runNested(interpreter: Interpreter, text: string, variables: Map<string, Variable>): Promise<void> {
  const { session } = interpreter;
  const outer = session.variables;
  session.variables = variables;
  try {
    await interpreter.batch(text);
  } finally {
    session.variables = outer;
  }
}
