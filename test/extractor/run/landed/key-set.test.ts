import { createHash } from 'node:crypto';
import { KeyCodes } from '../../../../src/extractor/run/landed/key-codes';
import { KeySet, partOf } from '../../../../src/extractor/run/landed/key-set';
import type { ParquetBlock } from '../../../../src/extractor/verify/parquet/parquet-rows';
import type { PhysicalValue } from '../../../../src/extractor/verify/parquet/parquet-value';

function codeOf(types: readonly string[], ...key: Array<PhysicalValue | null>): string {
  const codes = new KeyCodes();
  const block: ParquetBlock = { rows: 1, types, values: key.map((value) => [value]) };
  codes.read(block, 0);
  return Buffer.from(codes.words.buffer).toString('hex');
}

describe('codes of keys', () => {
  test('short keys are their own codes, whatever width a number is stored in', () => {
    expect(codeOf(['INT32'], -2)).toBe(`feffffffffffffff${'0'.repeat(16)}`);
    expect(codeOf(['INT64'], -2n)).toBe(codeOf(['INT32'], -2));
    expect(codeOf(['INT64'], 2n ** 63n - 1n)).toBe(`ffffffffffffff7f${'0'.repeat(16)}`);
    expect(codeOf(['INT32', 'BOOLEAN'], 1, true)).toBe('01000000000000000100000000000000');
    expect(codeOf(['FIXED_LEN_BYTE_ARRAY'], Buffer.from('00112233445566778899aabbccddeeff', 'hex'))).toBe('00112233445566778899aabbccddeeff');
  });

  test('longer ones have the first half of their SHA-256, of values that end where they do', () => {
    const bytes = (text: string) => Buffer.from(text);
    const hashed = createHash('sha256').update(Buffer.from('010000000000000002000000000000000300000000000000', 'hex')).digest('hex').slice(0, 32);
    expect(codeOf(['INT32', 'INT32', 'INT32'], 1, 2, 3)).toBe(hashed);
    const type = ['BYTE_ARRAY', 'BYTE_ARRAY'];
    expect(codeOf(type, bytes('ab'), bytes('cdefghijklmnopq'))).not.toBe(codeOf(type, bytes('abc'), bytes('defghijklmnopq')));
    expect(codeOf(type, bytes('a'), bytes(''))).not.toBe(codeOf(type, bytes(''), bytes('a')));
    expect(codeOf(['BYTE_ARRAY'], Buffer.alloc(5000, 1))).not.toBe(codeOf(['BYTE_ARRAY'], Buffer.alloc(5001, 1)));
  });

  test('a key has all its values', () => {
    expect(() => codeOf(['INT32'], null)).toThrow(/no value/);
    expect(() => codeOf(['DOUBLE'], 1.5)).toThrow(/1.5 is no value of a key/);
  });
});

test('a set knows what landed, was removed and is seen, as a Map does; keys that follow each other too', () => {
  let random = 1;
  const next = (below: number) => {
    random = random * 16_807 % 2_147_483_647;
    return random % below;
  };
  const code = new Uint32Array(4);
  const of = (key: number) => {
    code[0] = key;
    return code;
  };
  const set = new KeySet(2000);
  const map = new Map<number, 'landed' | 'removed'>();
  for (let step = 0; step < 20_000; step++) {
    const key = next(2000);
    if (next(3) === 0) {
      set.remove(of(key));
      if (map.has(key)) map.set(key, 'removed');
    } else {
      set.add(of(key));
      map.set(key, 'landed');
    }
  }
  const landed = [...map].filter(([, state]) => state === 'landed').map(([key]) => key);
  expect(set.landed).toBe(landed.length);
  const there = landed.filter((key) => key % 3 !== 0);
  expect(there.every((key) => set.has(of(key)) && set.see(of(key)))).toBe(true);
  expect(set.see(of(5000))).toBe(false);
  expect(set.seen).toBe(there.length);
  const told = Array.from({ length: 3000 }, (_, key) => key).filter((key) => set.tell(of(key)));
  expect(told).toEqual(landed.filter((key) => key % 3 === 0).sort((a, b) => a - b));
  expect(told.some((key) => set.tell(of(key)))).toBe(false);
  expect(told.every((key) => set.takeBack(of(key)))).toBe(true);
  expect(told.some((key) => set.takeBack(of(key)))).toBe(false);
});

test('it takes as many keys as were told, and no more', () => {
  const set = new KeySet(100);
  const code = new Uint32Array(4);
  const add = (from: number, to: number) => { for (code[1] = from; code[1] < to; code[1]++) set.add(code); };
  add(0, 100);
  expect(set.landed).toBe(100);
  expect(() => add(100, 200)).toThrow(/which there were to be/);
});

test('parts are of about one size, and each key is in one', () => {
  const counts = [0, 0, 0];
  const code = new Uint32Array(4);
  for (code[0] = 0; code[0] < 30_000; code[0]++) counts[partOf(code, 3)] += 1;
  expect(counts.every((count) => Math.abs(count - 10_000) < 400)).toBe(true);
  expect(partOf(code, 1)).toBe(0);
});
