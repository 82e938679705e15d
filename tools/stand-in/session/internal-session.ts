import { DuckDBConnection } from '@duckdb/node-api';
import { Interpreter } from './interpreter';
import { SessionState } from './session-state';
import { MessageWriter } from '../../tds/message-writer';
import { DEFAULT_PACKET_SIZE } from '../../tds/packet';
import { DatabaseEntry } from '../engine/catalog';
import { DatabaseEngine } from '../engine/database-engine';
import { SqlError } from '../sql/errors';
import { Response } from '../tds/response';

/** A session without a client, for the statements that set the server up; its errors are thrown. */
export interface InternalSession {
  readonly connection: DuckDBConnection;
  execute(sql: string): Promise<void>;
  close(): void;
}

export async function internalSession(engine: DatabaseEngine, database: DatabaseEntry): Promise<InternalSession> {
  const connection = await engine.connect();
  const state = new SessionState(engine, connection, 1, { user: 'sa', password: '' }, { hostName: '', appName: 'stand-in', encrypted: false }, database);
  const writer = new MessageWriter({ write: () => true, drained: async () => undefined }, DEFAULT_PACKET_SIZE, 1);
  return {
    connection,
    execute: async (sql) => {
      const response = new ThrowingResponse(writer, false, state);
      await new Interpreter(state, response).batch(sql);
      if (response.error) {
        throw new Error(`${response.error.message} (${response.error.number}) in: ${sql}`);
      }
    },
    close: () => connection.closeSync(),
  };
}

class ThrowingResponse extends Response {
  error: SqlError | undefined;

  message(error: SqlError): void {
    if (error.severity > 10) {
      this.error ??= error;
    }
  }
}
