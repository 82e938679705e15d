import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { ZstdWasm } from '../../../../src/codec/zstd-wasm';
import type { LandedObject, ObjectWriter } from '../../../../src/extractor/landing/target/landing-target';
import { blockCodec, type BlockCodec } from '../../../../src/extractor/rows/formats/compression/block-codec';
import { BlockStream } from '../../../../src/extractor/rows/objects/object-stream';

const MIB = 0x100000;

/** Keeps what it is given; `fail` or `hang` says what writes do. */
class MemoryWriter implements ObjectWriter {
  public readonly pieces: Buffer[] = [];
  public aborted = false;
  private letGo: (() => void) | undefined;

  public constructor(private readonly fault?: 'fail' | 'hang') {}

  public async write(bytes: Uint8Array): Promise<void> {
    if (this.fault === 'fail') throw new Error('the disk is full');
    if (this.fault === 'hang') await new Promise<void>((resolve) => { this.letGo = resolve; });
    this.pieces.push(Buffer.from(bytes));
  }

  public async complete(): Promise<LandedObject> {
    return { key: 'k', sizeBytes: this.bytes.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } };
  }

  public async abort(): Promise<void> {
    this.aborted = true;
    this.letGo?.();
  }

  public get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** Text that compresses like text. */
const text = (bytes: number) => Buffer.alloc(bytes, Array.from({ length: 977 }, (_, at) => `${at * 7919 % 1000},`).join(''));

async function write(compression: 'gzip' | 'zstd', pieces: readonly Buffer[]): Promise<{ writer: MemoryWriter; stream: BlockStream }> {
  const writer = new MemoryWriter();
  const stream = new BlockStream(writer, blockCodec(compression));
  for (const piece of pieces) await stream.write(piece);
  await stream.complete();
  return { writer, stream };
}

test.each([[[0]], [[1]], [[MIB]], [[MIB - 1, 1, 1]], [[5 * MIB + 3, 17]], [[100, 9 * MIB, 100]]])('gzip of writes of %j bytes is one member of them', async (sizes) => {
  const pieces = sizes.map(text);
  const { writer, stream } = await write('gzip', pieces);
  const { bytes } = writer;
  const whole = Buffer.concat(pieces);
  expect(zlib.gunzipSync(bytes).equals(whole)).toBe(true);
  // inflateRaw ends at the first member's last block: all must be in it.
  expect(zlib.inflateRawSync(bytes.subarray(10, -8)).equals(whole)).toBe(true);
  expect(bytes.readUInt32LE(bytes.length - 4)).toBe(whole.length);
  expect(stream.landedBytes).toBe(bytes.length);
});

test('the bytes may be changed as soon as write has returned', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 * MIB }), { maxLength: 6 }), async (sizes) => {
    const writer = new MemoryWriter();
    const stream = new BlockStream(writer, blockCodec('gzip'));
    const expected: Buffer[] = [];
    for (const [at, size] of sizes.entries()) {
      const piece = text(size).fill(at, 0, 1);
      expected.push(Buffer.from(piece));
      await stream.write(piece);
      piece.fill(0xff);
    }
    await stream.complete();
    expect(zlib.gunzipSync(writer.bytes).equals(Buffer.concat(expected))).toBe(true);
  }), { numRuns: 20 });
});

test('zstd makes frames one behind the other', async () => {
  const whole = text(2 * MIB + 5);
  const { writer } = await write('zstd', [whole]);
  // The magic number of a frame (RFC 8878, section 3.1.1).
  expect(writer.pieces.map((piece) => piece.readUInt32LE(0))).toEqual([0xfd2fb528, 0xfd2fb528, 0xfd2fb528]);
  const frame = new ZstdWasm().compress([whole.subarray(0, MIB)], 1);
  expect(writer.pieces[0].length).toBe(frame.length);
});

describe('blocks at work', () => {
  /** A codec whose blocks are done when the test says so. */
  function manualCodec() {
    const started: Array<{ readonly first: number; done(): void; fail(): void }> = [];
    const codec: BlockCodec = {
      compress: (block) => new Promise((resolve, reject) => {
        const first = block[0];
        started.push({ first, done: () => resolve(Uint8Array.of(first)), fail: () => reject(new Error('out of memory')) });
      }),
    };
    return { started, codec };
  }
  const block = (first: number) => Buffer.alloc(MIB).fill(first, 0, 1);
  const settled = async () => new Promise((resolve) => setImmediate(resolve));

  test('are four, are written in order, and hold the next write back', async () => {
    const { started, codec } = manualCodec();
    const writer = new MemoryWriter();
    const stream = new BlockStream(writer, codec);
    expect([1, 2, 3].map((at) => stream.write(block(at)))).toEqual([undefined, undefined, undefined]);
    let held = true;
    const fourth = Promise.resolve(stream.write(block(4))).then(() => { held = false; });
    started.slice(1).reverse().forEach(({ done }) => done());
    await settled();
    expect({ held, written: writer.bytes }).toEqual({ held: true, written: Buffer.alloc(0) });
    started[0].done();
    await fourth;
    await stream.complete();
    expect([...writer.bytes]).toEqual([1, 2, 3, 4]);
  });

  test('a block that cannot be compressed fails the file', async () => {
    const { started, codec } = manualCodec();
    const stream = new BlockStream(new MemoryWriter(), codec);
    void stream.write(block(1));
    void stream.write(block(2));
    started[1].fail();
    await settled();
    started[0].done();
    await expect(stream.complete()).rejects.toThrow('out of memory');
    await stream.abort();
  });

  test('a write that fails is told by the next one and by complete', async () => {
    const writer = new MemoryWriter('fail');
    const stream = new BlockStream(writer, blockCodec('gzip'));
    await settled();
    await expect(stream.write(Buffer.from('a'))).rejects.toThrow('the disk is full');
    await expect(stream.complete()).rejects.toThrow('the disk is full');
    await stream.abort();
    expect(writer.aborted).toBe(true);
  });

  test('giving up ends a write that hangs', async () => {
    const writer = new MemoryWriter('hang');
    const stream = new BlockStream(writer, blockCodec('gzip'));
    void stream.write(block(1));
    await stream.abort();
    expect(writer.aborted).toBe(true);
  });
});
