import { runRpc } from './rpc';
import { runTransactionRequest } from './transaction-request';
import { Message, PacketType } from '../../tds/packet';
import { FaultRequest } from '../faults/faults';
import { endTracked } from '../session/changes/commit';
import { Interpreter } from '../session/interpreter';
import { SessionState } from '../session/session-state';
import { SqlError } from '../sql/errors';
import { Response } from '../tds/response';
import { readRpcRequest, readSqlBatch } from '../tds/rpc-request';
import { EnvChange, envChange } from '../tds/tokens';

const KINDS: { readonly [type: number]: FaultRequest['kind'] } = { [PacketType.RPC]: 'rpc', [PacketType.TRANSACTION_MANAGER]: 'transaction' };

/** Runs a request of whatever kind. */
export async function runRequest(each: Message, session: SessionState, response: Response): Promise<void> {
  switch (each.type) {
    case PacketType.SQL_BATCH:
      session.variables = new Map();
      await new Interpreter(session, response).batch(readSqlBatch(each.data));
      return;
    case PacketType.RPC:
      for (const call of readRpcRequest(each.data)) {
        await runRpc(call, session, response);
      }
      return;
    case PacketType.TRANSACTION_MANAGER:
      await runTransactionRequest(each.data, session, response);
      return;
    default:
      throw new SqlError(4002, `The incoming tabular data stream (TDS) protocol stream is incorrect. The stand-in takes no message of type ${each.type}.`);
  }
}

/** What a pooled connection loses between its users (MS-TDS 2.2.3.1.2, RESETCONNECTION). */
export async function resetSession(session: SessionState, response: Response): Promise<void> {
  if (session.inTransaction) {
    await session.connection.run('ROLLBACK');
    endTracked(session);
    session.undoDefinitions.forEach((undo) => undo());
    session.transactionCount = 0;
  }
  for (const table of session.temporaryTables.values()) {
    await session.connection.run(`DROP TABLE IF EXISTS ${table.duckName}`);
  }
  session.temporaryTables.clear();
  session.options.clear();
  session.prepared.clear();
  session.isolationLevel = 'READ COMMITTED';
  response.token(envChange(EnvChange.RESET_ACK, Buffer.alloc(0), Buffer.alloc(0)));
}

/** A request as faults are chosen by it. */
export function faultRequest(each: Message, spid: number): FaultRequest {
  return { kind: KINDS[each.type] ?? 'batch', sql: textOf(each), spid };
}

/** Text of a batch, or of the statement that is the first parameter of a procedure like sp_executesql. */
function textOf({ type, data }: Message): string {
  if (type === PacketType.SQL_BATCH) {
    return readSqlBatch(data);
  }
  return type === PacketType.RPC ? readRpcRequest(data).map(({ parameters }) => String(parameters[0]?.value ?? '')).join('\n') : '';
}
