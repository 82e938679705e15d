import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { snappyCompress } from '../../../../../src/extractor/rows/formats/compression/snappy';
import { SNAPPY_KERNEL } from '../../../../../src/extractor/rows/formats/compression/snappy-kernel.wasm';

/** By Snappy's format description, without any code of the compressor. */
function uncompress(bytes: Uint8Array): Buffer {
  let p = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[p++];
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const out = Buffer.alloc(size);
  let o = 0;
  while (p < bytes.length) {
    const tag = bytes[p++];
    let length = (tag >> 2) + 1;
    let offset = 0;
    switch (tag & 3) {
      case 0: {
        const more = length - 60;
        if (more > 0) {
          length = 1;
          for (let i = 0; i < more; i++) length += bytes[p++] * 2 ** (8 * i);
        }
        if (p + length > bytes.length) throw new Error('a literal behind the end');
        out.set(bytes.subarray(p, p + length), o);
        p += length;
        o += length;
        continue;
      }
      case 1:
        length = (tag >> 2 & 7) + 4;
        offset = (tag >> 5) << 8 | bytes[p++];
        break;
      case 2:
        offset = bytes[p] | bytes[p + 1] << 8;
        p += 2;
        break;
      default: throw new Error('a copy of four bytes of offset');
    }
    if (offset === 0 || offset > o) throw new Error(`a copy from ${offset} bytes before ${o}`);
    for (let i = 0; i < length; i++, o++) out[o] = out[o - offset];
  }
  if (o !== size) throw new Error(`${o} bytes of ${size}`);
  return out;
}

/** Bytes that repeat here and there, also across the ends of blocks. */
const anyBytes = fc.array(fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 700 }))
    .map(([part, count]) => Buffer.concat(Array<Uint8Array>(count).fill(part))),
), { maxLength: 12 }).map((parts) => Buffer.concat(parts));

test('what was compressed is read again', () => {
  fc.assert(fc.property(anyBytes, (bytes) => expect(uncompress(snappyCompress(bytes)).equals(bytes)).toBe(true)), { numRuns: 1000 });
});

test.each([0, 1, 14, 15, 16, 59, 60, 61, 255, 256, 257, 0xffff, 0x10000, 0x10001, 0x20000, 1_000_003])('%i bytes', (length) => {
  const equal = Buffer.alloc(length, 7);
  const different = Buffer.from(Array.from({ length }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 13));
  for (const bytes of [equal, different]) expect(uncompress(snappyCompress(bytes)).equals(bytes)).toBe(true);
  if (length > 1000) expect(snappyCompress(equal).length).toBeLessThan(length / 18);
});

test('the committed kernel is what its source compiles to', () => {
  const script = join(__dirname, '../../../../../tools/build/kernels.js');
  expect(execFileSync(process.execPath, [script, '--print', 'snappy-kernel'], { encoding: 'utf8' }).trim()).toBe(SNAPPY_KERNEL);
});
