import fc from 'fast-check';
import { cutPackets } from '../../../tools/replay-server/cut-packets';
import { unpacketize } from '../../../tools/replay-server/tds-packets';

test('payloads come out as they went in, in full packets of which only the last may be short and ends the message', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 });
  fc.assert(fc.property(pieces, fc.integer({ min: 512, max: 32767 }), (payloads, packetSize) => {
    const packets = Buffer.concat([...cutPackets(payloads.map((payload) => Buffer.from(payload)), packetSize)]);
    expect(unpacketize(packets)).toEqual(Buffer.concat(payloads));
    const seen: Array<{ size: number; status: number }> = [];
    for (let at = 0; at < packets.length; at += seen[seen.length - 1].size) {
      seen.push({ size: packets.readUInt16BE(at + 2), status: packets[at + 1] });
    }
    const last = seen.pop()!;
    expect(seen.filter(({ size, status }) => size !== packetSize || status !== 0)).toEqual([]);
    expect(last.status).toBe(1);
    expect(last.size).toBeLessThanOrEqual(packetSize);
  }));
});

test('a payload may be changed once the next one is asked for', () => {
  const shared = Buffer.alloc(2000);
  const payloads = function* () {
    for (const byte of [1, 2, 3]) yield shared.fill(byte);
  };
  const received = unpacketize(Buffer.concat([...cutPackets(payloads(), 512)]));
  expect(received).toEqual(Buffer.concat([1, 2, 3].map((byte) => Buffer.alloc(2000, byte))));
});
