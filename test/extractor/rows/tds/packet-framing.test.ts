import * as fc from 'fast-check';
import { readRows } from '../../../../src/extractor/rows';
import { OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import { connectDirect } from '../../../../src/extractor/rows/tds/direct-socket';
import * as packetFraming from '../../../../src/extractor/rows/tds/packet-framing';
import { done, packetize } from '../../../../tools/replay-server/tds-packets';
import { capturePackets, capturePayload } from '../../../support/tds/captures';
import { connectReplay, landPayload } from '../../../support/tds/land';
import { MemoryTarget } from '../../../support/tds/memory-target';

/** Has tedious connect as it does by itself. */
const noConnector = null as never;

describe.each([['the socket read directly', connectDirect], ['through the driver\'s streams', null]] as const)('%s', (_name, connector) => {
  let replay: Awaited<ReturnType<typeof connectReplay>>;
  let packets: Buffer = Buffer.alloc(0);
  let cuts: readonly number[] = [1000];

  /** Sends the packets in pieces, each by itself, so that they arrive cut anywhere. */
  async function* pieces() {
    const [bytes, sizes] = [packets, cuts];
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length];
      yield bytes.subarray(at, at + size);
      at += size;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  beforeAll(async () => {
    replay = await connectReplay(pieces, undefined, connector ?? noConnector);
  });

  afterAll(() => replay.stop());

  async function landed(format: OutputFormat): Promise<Buffer> {
    const target = new MemoryTarget();
    await readRows({ connection: replay.connection, sql: 'select', format, subject: 't', targetFileBytes: Infinity, open: target.open });
    return target.completed[0];
  }

  async function csv(): Promise<string> {
    return (await landed({ name: 'csv', compression: 'none' })).toString();
  }

  test('the driver has what the framing stands in for', () => {
    const framing = packetFraming.takeFraming(replay.connection);
    expect(framing).toBeDefined();
    framing!.release();
    const { incomingMessageStream } = (replay.connection as unknown as { messageIo: { incomingMessageStream: object } }).messageIo;
    expect(Object.keys(incomingMessageStream)).not.toContain('_transform');
  });

  test('a driver without it keeps its own framing', () => {
    expect(packetFraming.takeFraming({})).toBeUndefined();
  });

  test('responses cut anywhere, in packets of any size, give the same rows', async () => {
    const payload = capturePayload('parameterised-range');
    const expected = (await landPayload(payload, { name: 'csv', compression: 'none' })).objects[0].toString();
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 9, max: 600 }), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      async (packetSize, sizes) => {
        packets = packetize(payload, packetSize, true);
        cuts = sizes;
        expect(await csv()).toBe(expected);
      },
    ), { numRuns: 40 });
  });

  describe.each<OutputFormat>([
    { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'none' },
  ])('$name of a capture in packets of any size, cut anywhere', (format) => {
    test.each(['all-types-packet-4096', 'all-types-packet-32767', 'transactions-2000', 'customers-500'])('%s', async (capture) => {
      const payload = capturePayload(capture);
      const { objects: [expected] } = await landPayload(payload, format);
      await fc.assert(fc.asyncProperty(
        fc.integer({ min: 512, max: 32767 }), fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 }),
        async (packetSize, sizes) => {
          packets = packetize(payload, packetSize, true);
          cuts = sizes.some((size) => size > 1000) ? sizes : [...sizes, 1000];
          return (await landed(format)).equals(expected);
        },
      ), { numRuns: 6 });
    });
  });

  test('a packet shorter than its header ends the request', async () => {
    const own = await connectReplay(() => [Buffer.from([4, 1, 0, 7, 0, 0, 1, 0])], undefined, connector ?? noConnector);
    try {
      const target = new MemoryTarget();
      await expect(readRows({
        connection: own.connection, sql: 'select', format: { name: 'csv', compression: 'none' }, subject: 't', targetFileBytes: Infinity, open: target.open,
      })).rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('a packet of 7 bytes') });
    } finally {
      await own.stop();
    }
  });

  test('the driver\'s own framing gives the same rows', async () => {
    const taken = jest.spyOn(packetFraming, 'takeFraming').mockReturnValue(undefined);
    packets = capturePackets('customers-500');
    cuts = [777];
    const slow = await csv();
    expect(taken).toHaveBeenCalledTimes(1);
    taken.mockRestore();
    expect(await csv()).toBe(slow);
    expect(slow.split('\n').length).toBeGreaterThan(500);
  });

  test('an ordinary request of the driver works after ours', async () => {
    packets = capturePackets('parameterised-range');
    await csv();
    packets = packetize(done(0x10, 3), 4096, true);
    const { Request } = await Promise.resolve(jest.requireActual<typeof import('tedious')>('tedious'));
    const rows = await new Promise<number | undefined>((resolve, reject) => {
      replay.connection.execSqlBatch(new Request('update', (error, count) => (error ? reject(error) : resolve(count))));
    });
    expect(rows).toBe(3);
  });

  test('a consumer that is slow is waited for, and nothing is lost', async () => {
    packets = packetize(capturePayload('transactions-2000'), 4096, true);
    cuts = [30_000];
    const expected = (await landPayload(capturePayload('transactions-2000'), { name: 'csv', compression: 'none' })).objects[0].toString();
    const target = new MemoryTarget();
    let waits = 0;
    const open: typeof target.open = (...opened) => {
      const writer = target.open(...opened);
      return {
        write: async (bytes) => {
          const copy = Uint8Array.from(bytes);
          waits += 1;
          for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
          await writer.write(copy);
        },
        complete: () => writer.complete(),
        abort: () => writer.abort(),
      };
    };
    await readRows({ connection: replay.connection, sql: 'select', format: { name: 'csv', compression: 'none' }, subject: 't', targetFileBytes: Infinity, open });
    expect(target.completed[0].toString()).toBe(expected);
    expect(waits).toBeGreaterThan(1);
  });
});
