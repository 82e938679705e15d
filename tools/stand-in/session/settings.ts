import { SessionState } from './session-state';
import { Statement } from '../sql/ast';
import { SqlError } from '../sql/errors';
import { Response } from '../tds/response';
import { EnvChange, envChange } from '../tds/tokens';

/** SET of an option: any is kept by its name, for what asks for it. */
export function setOption({ option, value }: Extract<Statement, { kind: 'setOption' }>, session: SessionState): void {
  if (option === 'TRANSACTION ISOLATION LEVEL') {
    session.isolationLevel = value;
    return;
  }
  if (option.startsWith('IDENTITY_INSERT ')) {
    if (value === 'ON') {
      session.options.set('IDENTITY_INSERT', option.slice('IDENTITY_INSERT '.length));
    } else {
      session.options.delete('IDENTITY_INSERT');
    }
    return;
  }
  for (const name of option.split(' ')) {
    session.options.set(name, value);
  }
}

/** USE */
export function useDatabase(name: string, line: number, session: SessionState, response: Response): void {
  const database = session.engine.catalog.database(name);
  if (!database) {
    throw new SqlError(911, `Database '${name}' does not exist. Make sure that the name is entered correctly.`, { line });
  }
  const previous = session.database.name;
  session.database = database;
  response.token(envChange(EnvChange.DATABASE, database.name, previous));
  response.message(new SqlError(5701, `Changed database context to '${database.name}'.`, { severity: 0, state: 1, line }));
}
