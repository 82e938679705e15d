import { MessageWriter } from '../tds/message-writer';

/**
 * One message of payloads that follow each other, in full packets of `packetSize` bytes, whatever the payloads' lengths
 * (MS-TDS 2.2.3). A payload is copied before the next one is asked for.
 */
export function* cutPackets(payloads: Iterable<Buffer>, packetSize: number): Generator<Buffer> {
  let ready: Buffer[] = [];
  const sink = { write: (packets: Buffer) => ready.push(packets) > 0, drained: async () => undefined };
  const writer = new MessageWriter(sink, packetSize, 0);
  for (const payload of payloads) {
    writer.write(payload);
    const packets = ready;
    ready = [];
    yield* packets;
  }
  writer.end();
  yield* ready;
}
