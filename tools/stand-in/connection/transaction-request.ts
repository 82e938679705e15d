import { ByteReader } from '../../tds/byte-reader';
import { SessionState } from '../session/session-state';
import { Transactions } from '../session/transactions';
import { SqlError } from '../sql/errors';
import { Response } from '../tds/response';
import { skipHeaders } from '../tds/rpc-request';

/** Requests of the transaction manager (MS-TDS 2.2.6.9). */
enum Request {
  BEGIN = 5,
  COMMIT = 7,
  ROLLBACK = 8,
  SAVE = 9,
}

const ISOLATION_LEVELS = ['', 'READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE', 'SNAPSHOT'];

export async function runTransactionRequest(data: Buffer, session: SessionState, response: Response): Promise<void> {
  const reader = new ByteReader(data);
  skipHeaders(reader);
  const request: Request = reader.uint16();
  const transactions = new Transactions(session, response);
  const begin = async () => {
    const level = reader.uint8();
    if (level > 0) {
      session.isolationLevel = ISOLATION_LEVELS[level] ?? session.isolationLevel;
    }
    await transactions.begin();
  };
  switch (request) {
    case Request.BEGIN:
      await begin();
      break;
    case Request.COMMIT:
    case Request.ROLLBACK: {
      reader.bVarchar();
      const andBegin = reader.uint8() === 1;
      if (request === Request.COMMIT) {
        await transactions.commit();
      } else {
        await transactions.run('rollback', undefined, 1);
      }
      if (andBegin) {
        await begin();
      }
      break;
    }
    case Request.SAVE: break;
    default: throw new SqlError(3989, `The stand-in takes no transaction manager request ${Number(request)}.`);
  }
  response.statementDone();
}
