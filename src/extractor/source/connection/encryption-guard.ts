import type { Connection } from 'tedious';
import { LegacyToS3Error } from '../../api/errors';

/** The step of tedious (19) after encryption is negotiated; it is not part of its types. */
interface LoginStep {
  sendLogin7Packet(): void;
}

/**
 * Refuses to log in over a connection that is not encrypted. tedious goes on in the clear when a server says in its
 * pre-login answer that it has no encryption (MS-TDS 2.2.6.5), and LOGIN7 hides the password from nobody.
 */
export function refuseUnencryptedLogin(connection: Connection, address: string): void {
  const step = connection as unknown as LoginStep;
  const original = step.sendLogin7Packet;
  if (typeof original !== 'function') throw new LegacyToS3Error('INTERNAL', 'this version of tedious has no sendLogin7Packet');
  let secure = false;
  connection.on('secure', () => { secure = true; });
  step.sendLogin7Packet = () => {
    if (!secure) {
      throw new LegacyToS3Error('TLS_UNTRUSTED', `${address} offers no encryption; the password and the rows would go in the clear: `
        + 'allow that with --encrypt false (source.encrypt: false), or enable encryption on the server');
    }
    original.call(connection);
  };
}
