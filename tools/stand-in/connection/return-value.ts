import { ByteWriter } from '../../tds/byte-writer';
import { duckValue } from '../session/duck-value';
import { SessionState } from '../session/session-state';
import { StorageValue } from '../sql/binder/bound';
import { SqlType, storageType } from '../sql/types';
import { createColumnEncoder } from '../tds/column-encoder';
import { Response } from '../tds/response';
import { returnValueHead } from '../tds/tokens';

/** Sends an output parameter; DuckDB makes the vector the column encoders read, so that values look as in rows. */
export async function writeReturnValue(
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
