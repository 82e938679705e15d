import { ByteWriter } from './byte-writer';

/** Option tokens of PRELOGIN (MS-TDS 2.2.6.5). */
enum Option {
  VERSION = 0,
  ENCRYPTION = 1,
  INSTANCE = 2,
  THREAD_ID = 3,
  MARS = 4,
  TRACE_ID = 5,
  FED_AUTH_REQUIRED = 6,
  TERMINATOR = 0xff,
}

/** Values of the ENCRYPTION option (MS-TDS 2.2.6.5). */
export enum Encryption {
  /** Only the login is encrypted. */
  OFF = 0,
  ON = 1,
  NOT_SUPPORTED = 2,
  REQUIRED = 3,
}

/** Which encryption the client asks for. */
export function readPrelogin(data: Buffer): { encryption: Encryption } {
  let encryption = Encryption.NOT_SUPPORTED;
  for (let at = 0; at < data.length && data[at] !== Option.TERMINATOR; at += 5) {
    const offset = data.readUInt16BE(at + 1);
    const length = data.readUInt16BE(at + 3);
    if (data[at] === Option.ENCRYPTION && length > 0) {
      encryption = data[offset];
    }
  }
  return { encryption };
}

/** The server's answer: SQL Server 2022's version, no MARS, no federated authentication. */
export function writePrelogin(encryption: Encryption): Buffer {
  const options: Array<[Option, Buffer]> = [
    [Option.VERSION, Buffer.from([16, 0, 0x10, 0x55, 0, 0])],
    [Option.ENCRYPTION, Buffer.from([encryption])],
    [Option.INSTANCE, Buffer.from([0])],
    [Option.THREAD_ID, Buffer.alloc(0)],
    [Option.MARS, Buffer.from([0])],
  ];
  const out = new ByteWriter();
  let offset = options.length * 5 + 1;
  for (const [option, value] of options) {
    const head = Buffer.alloc(5);
    head[0] = option;
    head.writeUInt16BE(offset, 1);
    head.writeUInt16BE(value.length, 3);
    out.bytes(head);
    offset += value.length;
  }
  out.uint8(Option.TERMINATOR);
  options.forEach(([, value]) => out.bytes(value));
  return out.take();
}

/**
 * What both sides will do (MS-TDS 2.2.6.5, table of encryption negotiation).
 *
 * @returns the answer to send; undefined when the two cannot agree and the connection must be closed
 */
export function negotiateEncryption(client: Encryption, server: Encryption): Encryption | undefined {
  const clientCan = client !== Encryption.NOT_SUPPORTED;
  switch (server) {
    case Encryption.NOT_SUPPORTED:
      return client === Encryption.OFF || !clientCan ? Encryption.NOT_SUPPORTED : undefined;
    case Encryption.REQUIRED:
    case Encryption.ON:
      return clientCan ? Encryption.ON : undefined;
    default:
      if (!clientCan) {
        return Encryption.NOT_SUPPORTED;
      }
      return client === Encryption.OFF ? Encryption.OFF : Encryption.ON;
  }
}
