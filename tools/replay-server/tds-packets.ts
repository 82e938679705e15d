import { HEADER_BYTES as HEADER, PacketType, STATUS_END_OF_MESSAGE } from '../tds/packet';

/** TDS packets (MS-TDS 2.2.3) and the canned tokens a server needs to let a client in. */

/** Cuts payload into packets of at most `packetSize` bytes, header included; the last one may end the message. */
export function packetize(payload: Buffer, packetSize: number, endOfMessage: boolean): Buffer {
  const room = packetSize - HEADER;
  const count = Math.max(1, Math.ceil(payload.length / room));
  const packets = Buffer.alloc(payload.length + count * HEADER);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const part = payload.subarray(i * room, (i + 1) * room);
    packets[at] = PacketType.TABULAR_RESULT;
    packets[at + 1] = endOfMessage && i === count - 1 ? STATUS_END_OF_MESSAGE : 0;
    packets.writeUInt16BE(part.length + HEADER, at + 2);
    packets[at + 6] = (i + 1) & 0xff;
    part.copy(packets, at + HEADER);
    at += part.length + HEADER;
  }
  return packets;
}

/** Joins the payloads of the packets of one or more messages. */
export function unpacketize(packets: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < packets.length;) {
    const length = packets.readUInt16BE(at + 2);
    parts.push(packets.subarray(at + HEADER, at + length));
    at += length;
  }
  return Buffer.concat(parts);
}

export function done(status = 0, rows = 0): Buffer {
  const bytes = Buffer.alloc(13);
  bytes[0] = 0xfd;
  bytes.writeUInt16LE(status, 1);
  bytes.writeUInt16LE(0xc1, 3);
  bytes.writeBigUInt64LE(BigInt(rows), 5);
  return bytes;
}

function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);
}

/** LOGINACK, the packet size and DONE. */
export function loginResponse(packetSize: number): Buffer {
  const body = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), shortString('Replay'), Buffer.from([16, 0, 0, 0])]);
  const size = Buffer.concat([Buffer.from([4]), shortString(String(packetSize)), shortString('4096')]);
  return Buffer.concat([token(0xad, body), token(0xe3, size), done()]);
}

export function error(number: number, message: string): Buffer {
  // Number, state, class, message; then empty server and procedure names and the line (MS-TDS 2.2.7.10).
  const body = Buffer.alloc(8 + 2 * message.length + 6);
  body.writeInt32LE(number, 0);
  body[4] = 1;
  body[5] = 16;
  body.writeUInt16LE(message.length, 6);
  body.write(message, 8, 'utf16le');
  return token(0xaa, body);
}

function token(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head[0] = type;
  head.writeUInt16LE(body.length, 1);
  return Buffer.concat([head, body]);
}
