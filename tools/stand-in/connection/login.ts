import { Login } from '../../tds/login7';
import { MessageWriter } from '../../tds/message-writer';
import { DEFAULT_PACKET_SIZE, MAX_PACKET_SIZE, MIN_PACKET_SIZE } from '../../tds/packet';
import { DatabaseEngine } from '../engine/database-engine';
import { LoginAccount, SessionState } from '../session/session-state';
import { collationOf } from '../sql/collations';
import { SqlError } from '../sql/errors';
import { DONE_ERROR, EnvChange, Token, done, envChange, featureAck, loginAck, message } from '../tds/tokens';

const TDS_74 = 0x74000004;

/** What a login is checked against, and what it gets. */
export interface LoginRules {
  readonly engine: DatabaseEngine;
  readonly accounts: readonly LoginAccount[];
  readonly defaultDatabase: string;
  /** Largest packet the server agrees to, in bytes. */
  readonly maxPacketSize: number;
}

/** A session for the login, or the errors that refuse it. */
export async function openSession(login: Login, rules: LoginRules, spid: number, encrypted: boolean): Promise<SessionState | SqlError[]> {
  const account = login.integratedSecurity ? undefined
    : rules.accounts.find((each) => each.user.toLowerCase() === login.userName.toLowerCase() && each.password === login.password);
  const failed = new SqlError(18456, `Login failed for user '${login.userName}'.`, { severity: 14, state: 1, line: 1 });
  if (!account) {
    return [failed];
  }
  const database = rules.engine.catalog.database(login.database || rules.defaultDatabase);
  if (!database) {
    const unknown = `Cannot open database "${login.database}" requested by the login. The login failed.`;
    return [new SqlError(4060, unknown, { severity: 11, state: 1, line: 1 }), failed];
  }
  const connection = await rules.engine.connect();
  const client = { hostName: login.hostName, appName: login.appName, encrypted, readOnlyIntent: login.readOnlyIntent };
  const session = new SessionState(rules.engine, connection, spid, account, client, database);
  session.packetSize = Math.min(rules.maxPacketSize, Math.max(MIN_PACKET_SIZE, login.packetSize || DEFAULT_PACKET_SIZE), MAX_PACKET_SIZE);
  return session;
}

export function writeRefusal(writer: MessageWriter, errors: readonly SqlError[]): void {
  errors.forEach((error) => writer.write(message(error)));
  writer.write(done(Token.DONE, DONE_ERROR));
  writer.end();
}

/** Tells the client that it is in, and what was agreed on; packets have the agreed size from then on. */
export function writeLoginAck(writer: MessageWriter, { database, packetSize }: SessionState, login: Login): void {
  writer.write(envChange(EnvChange.DATABASE, database.name, 'master'));
  writer.write(message(new SqlError(5701, `Changed database context to '${database.name}'.`, { severity: 0, state: 2, line: 1 })));
  writer.write(envChange(EnvChange.COLLATION, collationOf(database.collation).wire, Buffer.alloc(0)));
  writer.write(envChange(EnvChange.LANGUAGE, 'us_english', ''));
  writer.write(message(new SqlError(5703, 'Changed language setting to us_english.', { severity: 0, state: 1, line: 1 })));
  writer.write(loginAck(TDS_74));
  writer.write(envChange(EnvChange.PACKET_SIZE, String(packetSize), String(DEFAULT_PACKET_SIZE)));
  if (login.features.size > 0) {
    writer.write(featureAck(login.features));
  }
  writer.write(done(Token.DONE, 0));
  writer.end();
  writer.packetSize = packetSize;
}
