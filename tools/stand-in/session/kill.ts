import { SessionState } from './session-state';
import { SqlError } from '../sql/errors';

/**
 * Ends another session (KILL, "Permissions" and "Remarks").
 *
 * @throws SqlError of the numbers that sys.messages has for what cannot be killed
 */
export function kill(spid: number, { spid: own, login, engine }: SessionState): void {
  if (login.alterAnyConnection === false) {
    throw new SqlError(6102, 'User does not have permission to use the KILL statement.', { severity: 14 });
  }
  if (spid === own) {
    throw new SqlError(6104, 'Cannot use KILL to kill your own process.');
  }
  const session = engine.sessions.get(spid);
  if (!session) {
    throw new SqlError(6106, `Process ID ${spid} is not an active process ID.`);
  }
  engine.sessions.remove(spid);
  session.end();
}
