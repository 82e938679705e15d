import fc from 'fast-check';
import { BufferPool, PartQueue } from '../../../../src/extractor/landing/target/part-queue';

/** A queue whose sends end when the test says so. */
function manualQueue(maxInFlight: number, bytes = 4) {
  const sent: Array<{ readonly part: Buffer; readonly index: number; end(error?: Error): void }> = [];
  const queue = new PartQueue({
    partBytes: () => bytes,
    maxInFlight,
    pool: new BufferPool(4),
    send: (part, index) => new Promise((resolve, reject) => {
      sent.push({ part, index, end: (error) => (error ? reject(error) : resolve()) });
    }),
  });
  return { queue, sent };
}

describe('PartQueue', () => {
  test('whatever the writes, the parts joined are the bytes written, in order and of the right sizes', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }),
      async (writes, bytes, maxInFlight) => {
        const parts: Buffer[] = [];
        let active = 0;
        const queue = new PartQueue({
          partBytes: (index) => bytes + index,
          maxInFlight,
          pool: new BufferPool(2),
          send: async (part, index) => {
            expect(++active).toBeLessThanOrEqual(maxInFlight);
            await Promise.resolve();
            // Copied only now: the buffer must not have been reused before the send ends.
            parts[index] = Buffer.from(part);
            active--;
          },
        });
        for (const write of writes) await queue.write(write);
        await queue.finish();
        expect(Buffer.concat(parts)).toEqual(Buffer.concat(writes));
        parts.slice(0, -1).forEach((part, index) => expect(part.length).toBe(bytes + index));
        expect(queue.totalBytes).toBe(Buffer.concat(writes).length);
      },
    ));
  });

  test('asks to wait only when a part has no place', async () => {
    const { queue, sent } = manualQueue(1);
    expect(queue.write(Buffer.alloc(4))).toBeUndefined();
    const blocked = queue.write(Buffer.alloc(4));
    expect(blocked).toBeInstanceOf(Promise);
    expect(sent).toHaveLength(1);
    sent[0].end();
    await blocked;
    expect(sent.map(({ index }) => index)).toEqual([0, 1]);
  });

  test('the first failure ends waiting writes, later writes and finish', async () => {
    const { queue, sent } = manualQueue(1);
    void queue.write(Buffer.alloc(4));
    const blocked = queue.write(Buffer.alloc(4));
    sent[0].end(new Error('refused'));
    await expect(blocked).rejects.toThrow('refused');
    await expect(queue.write(Buffer.alloc(1))).rejects.toThrow('refused');
    await expect(queue.finish()).rejects.toThrow('refused');
    expect(sent).toHaveLength(1);
  });

  test('drop waits for the parts in flight', async () => {
    const { queue, sent } = manualQueue(2);
    void queue.write(Buffer.alloc(8));
    let dropped = false;
    const drop = queue.drop().then(() => { dropped = true; });
    sent[0].end(new Error('gone'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(dropped).toBe(false);
    sent[1].end();
    await drop;
  });
});

describe('BufferPool', () => {
  test('gives a buffer back out for the same size only', () => {
    const pool = new BufferPool(1);
    const buffer = pool.take(8);
    pool.give(buffer);
    expect(pool.take(4)).not.toBe(buffer);
    expect(pool.take(8)).toBe(buffer);
  });

  test('keeps no more than it may', () => {
    const pool = new BufferPool(1);
    const [a, b] = [pool.take(8), pool.take(8)];
    pool.give(a);
    pool.give(b);
    expect([pool.take(8), pool.take(8)]).not.toContain(b);
  });
});
