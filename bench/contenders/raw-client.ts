import { connect, type Socket } from 'node:net';
import { HEADER_BYTES, PacketType, STATUS_END_OF_MESSAGE } from '../../tools/tds/packet';

/** As much of a TDS client as it takes to ask for rows and look at the bytes that come. */

/** The fixed part alone: every name empty (MS-TDS 2.2.6.4). */
const LOGIN7_BYTES = 94;
const TDS_74 = 0x74000004;
/** ALL_HEADERS with the transaction descriptor of none (MS-TDS 2.2.5.3). */
const ALL_HEADERS = Buffer.from([22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);

/** Logs in, without encryption, asking for packets of `packetSize` bytes. */
export async function rawLogin(port: number, packetSize: number): Promise<Socket> {
  const login = Buffer.alloc(LOGIN7_BYTES);
  login.writeUInt32LE(login.length, 0);
  login.writeUInt32LE(TDS_74, 4);
  login.writeUInt32LE(packetSize, 8);
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).once('data', () => resolve());
    socket.write(packet(PacketType.LOGIN7, login));
  });
  return socket;
}

/** Sends a batch; what comes back is the caller's to read. */
export function rawBatch(socket: Socket, sql: string): void {
  socket.write(packet(PacketType.SQL_BATCH, Buffer.concat([ALL_HEADERS, Buffer.from(sql, 'utf16le')])));
}

/** The packets of a batch's response, headers and all. */
export async function rawResponse(port: number, packetSize: number, sql: string): Promise<Buffer> {
  const socket = await rawLogin(port, packetSize);
  const received: Buffer[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      let rest: Buffer = Buffer.alloc(0);
      socket.once('error', reject).once('close', () => reject(new Error('the server closed the connection before the end of its response')));
      socket.on('data', (data) => {
        received.push(data);
        rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
        let at = 0;
        while (rest.length - at >= HEADER_BYTES && rest.length - at >= rest.readUInt16BE(at + 2)) {
          if ((rest[at + 1] & STATUS_END_OF_MESSAGE) !== 0) resolve();
          at += rest.readUInt16BE(at + 2);
        }
        rest = rest.subarray(at);
      });
      rawBatch(socket, sql);
    });
  } finally {
    socket.destroy();
  }
  return Buffer.concat(received);
}

function packet(type: PacketType, payload: Buffer): Buffer {
  const header = Buffer.from([type, STATUS_END_OF_MESSAGE, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(HEADER_BYTES + payload.length, 2);
  return Buffer.concat([header, payload]);
}
