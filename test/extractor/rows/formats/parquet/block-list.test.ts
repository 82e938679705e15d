import fc from 'fast-check';
import { BlockList } from '../../../../../src/extractor/rows/formats/parquet/block-list';

test('gives back what was appended, however it was cut, time and again', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 150_000 }), { maxLength: 5 }), { minLength: 1, maxLength: 3 }), (rounds) => {
    const list = new BlockList();
    let next = 0;
    for (const sizes of rounds) {
      const pieces = sizes.map((size) => new Uint8Array(size).fill(++next));
      pieces.forEach((piece) => list.append(piece));
      expect(list.length).toBe(sizes.reduce((sum, size) => sum + size, 0));
      expect(Buffer.concat(list.take()).equals(Buffer.concat(pieces))).toBe(true);
      expect(list.length).toBe(0);
    }
  }), { numRuns: 50 });
});
