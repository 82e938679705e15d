/**
 * CRC-64/NVME (NVM Express, "64b CRC"), in AssemblyScript: sixteen bytes at a time by tables. `node tools/build/kernels.js` compiles
 * this into crc64-kernel.wasm.ts. Of its memory the first 64 KiB are the tables, the rest is the caller's.
 */

/** The polynomial without its highest term, lowest bit first. */
const POLYNOMIAL: u64 = 0x9a6c9329ac4bc9b5;
/** Sixteen tables of 256 words: what a byte becomes that has n bytes behind it. */
const TABLES: usize = 1024;
const TABLE: usize = 2048;

for (let byte: usize = 0; byte < 256; byte++) {
  let crc = <u64>byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
  store<u64>(TABLES + (byte << 3), crc);
}
for (let n: usize = 1; n < 16; n++) {
  for (let byte: usize = 0; byte < 256; byte++) {
    const crc = load<u64>(TABLES + (n - 1) * TABLE + (byte << 3));
    store<u64>(TABLES + n * TABLE + (byte << 3), load<u64>(TABLES + (<usize>(crc & 0xff) << 3)) ^ crc >> 8);
  }
}

// @ts-ignore: decorator
@inline
function entry(n: usize, word: u64, byte: u64): u64 {
  return load<u64>(TABLES + n * TABLE + (<usize>(word >> (byte << 3) & 0xff) << 3));
}

let crc: u64 = 0;

export function begin(): void { crc = <u64>-1; }

export function update(p: usize, size: usize): void {
  const end = p + size;
  let value = crc;
  while (p + 16 <= end) {
    const first = load<u64>(p) ^ value;
    const second = load<u64>(p, 8);
    value = entry(15, first, 0) ^ entry(14, first, 1) ^ entry(13, first, 2) ^ entry(12, first, 3)
      ^ entry(11, first, 4) ^ entry(10, first, 5) ^ entry(9, first, 6) ^ entry(8, first, 7)
      ^ entry(7, second, 0) ^ entry(6, second, 1) ^ entry(5, second, 2) ^ entry(4, second, 3)
      ^ entry(3, second, 4) ^ entry(2, second, 5) ^ entry(1, second, 6) ^ entry(0, second, 7);
    p += 16;
  }
  while (p < end) {
    value = load<u64>(TABLES + (<usize>((value ^ <u64>load<u8>(p)) & 0xff) << 3)) ^ value >> 8;
    p += 1;
  }
  crc = value;
}

export function end(): u64 { return ~crc; }
