import { ByteWriter } from '../../tds/byte-writer';
import { duckValue } from '../session/evaluator';
import { Interpreter } from '../session/interpreter';
import { SessionState } from '../session/session-state';
import { StorageValue, Variable } from '../sql/binder/bound';
import { SqlError } from '../sql/errors';
import { Parameter, parseParameters } from '../sql/parser/parameters';
import { INT, SqlType, storageType } from '../sql/types';
import { createColumnEncoder } from '../tds/column-encoder';
import { Response } from '../tds/response';
import { RpcCall, RpcParameter } from '../tds/rpc-request';
import { returnStatus, returnValueHead } from '../tds/tokens';

/** Runs one remote procedure call: the statement procedures of the drivers, or EXEC of any other name. */
export async function runRpc(call: RpcCall, session: SessionState, response: Response): Promise<void> {
  const interpreter = new Interpreter(session, response);
  const { parameters } = call;
  const text = (at: number) => String(parameters[at]?.value ?? '');
  switch (call.procedure.toLowerCase()) {
    case 'sp_executesql':
      await runStatement(interpreter, text(0), text(1), parameters.slice(2));
      return;
    case 'sp_prepare': {
      const handle = session.newHandle();
      session.prepared.set(handle, { parameters: text(1), text: text(2) });
      response.token(returnStatus(0));
      await writeReturnValue(response, session, 0, parameters[0].name, INT, String(handle));
      return;
    }
    case 'sp_prepexec': {
      const handle = session.newHandle();
      session.prepared.set(handle, { parameters: text(1), text: text(2) });
      await runStatement(interpreter, text(2), text(1), parameters.slice(3), { name: parameters[0].name, handle });
      return;
    }
    case 'sp_execute': {
      const prepared = session.prepared.get(Number(text(0)));
      if (!prepared) {
        fail(response, new SqlError(8179, `Could not find prepared statement with handle ${text(0)}.`, { state: 3 }));
        return;
      }
      await runStatement(interpreter, prepared.text, prepared.parameters, parameters.slice(1));
      return;
    }
    case 'sp_unprepare':
      session.prepared.delete(Number(text(0)));
      response.token(returnStatus(0));
      return;
    case 'sp_reset_connection':
      response.token(returnStatus(0));
      return;
    default: {
      // Any other procedure is called with its parameters as variables.
      session.variables = new Map(parameters.map((parameter, at) => [`@rpc_${at}`, { type: parameter.type, value: parameter.value }]));
      const args = parameters.map((parameter, at) => `${parameter.name ? `${parameter.name} = ` : ''}@rpc_${at}`);
      await interpreter.batch(`EXEC ${call.procedure} ${args.join(', ')}`);
      response.token(returnStatus(session.lastError === 0 ? 0 : -6));
    }
  }
}

async function runStatement(
  interpreter: Interpreter, text: string, declarations: string, given: RpcParameter[], prepared?: { name: string; handle: number },
): Promise<void> {
  const { session, response } = interpreter;
  let declared: Parameter[];
  try {
    declared = parseParameters(declarations);
    session.variables = new Map(declared.map((parameter, at): [string, Variable] => {
      const value = given.find((each) => each.name.toLowerCase() === parameter.name.toLowerCase()) ?? given[at];
      if (!value) {
        throw new SqlError(8178, `The parameterized query '(${declarations})${text}' expects the parameter '${parameter.name}', which was not supplied.`, { line: 1 });
      }
      return [parameter.name.toLowerCase(), { type: parameter.type, value: value.value }];
    }));
  } catch (error) {
    if (error instanceof SqlError) {
      fail(response, error);
      return;
    }
    throw error;
  }
  // A parameter may be sent in another type than it is declared with.
  for (const [at, parameter] of declared.entries()) {
    const sent = given.find((each) => each.name.toLowerCase() === parameter.name.toLowerCase()) ?? given[at];
    await interpreter.evaluator.retype(parameter.name, sent.type);
  }
  const succeeded = await interpreter.batch(text);
  response.token(returnStatus(succeeded ? 0 : session.lastError || -6));
  if (prepared) {
    await writeReturnValue(response, session, 0, prepared.name, INT, String(prepared.handle));
  }
  for (const [at, parameter] of declared.entries()) {
    if (given[at]?.output) {
      const variable = session.variables.get(parameter.name.toLowerCase())!;
      await writeReturnValue(response, session, at, parameter.name, variable.type, variable.value);
    }
  }
}

function fail(response: Response, error: SqlError): void {
  response.message(error);
  response.token(returnStatus(-6));
}

/** Sends an output parameter; DuckDB makes the vector the column encoders read, so that values look as in rows. */
async function writeReturnValue(
  response: Response, session: SessionState, ordinal: number, name: string, type: SqlType, value: StorageValue,
): Promise<void> {
  const sql = value === null ? `SELECT CAST(NULL AS ${storageType(type)})` : `SELECT CAST($1 AS ${storageType(type)})`;
  const result = await session.connection.run(sql, value === null ? [] : [duckValue(value)]);
  const chunk = (await result.fetchChunk())!;
  const encoder = createColumnEncoder(type, false);
  encoder.bind(chunk.getColumnVector(0));
  const out = new ByteWriter();
  if (encoder.isNull(0)) {
    encoder.writeNull(out);
  } else {
    encoder.write(out, 0);
  }
  response.token(Buffer.concat([returnValueHead(ordinal, name, type, session.databaseName), out.take()]));
}
