/** XXH64 from its specification, with BigInt: slow, and nothing of the kernel in it. */
const P = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
const u64 = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint) => u64(value << by | value >> 64n - by);
const round = (sum: bigint, input: bigint) => u64(rotate(u64(sum + input * P[1]), 31n) * P[0]);

export function xxh64(bytes: Buffer, seed: bigint): bigint {
  let hash: bigint;
  let at = 0;
  if (bytes.length >= 32) {
    const sums = [u64(seed + P[0] + P[1]), u64(seed + P[1]), seed, u64(seed - P[0])];
    for (; at + 32 <= bytes.length; at += 32) sums.forEach((sum, i) => { sums[i] = round(sum, bytes.readBigUInt64LE(at + 8 * i)); });
    hash = u64(rotate(sums[0], 1n) + rotate(sums[1], 7n) + rotate(sums[2], 12n) + rotate(sums[3], 18n));
    for (const sum of sums) hash = u64((hash ^ round(0n, sum)) * P[0] + P[3]);
  } else {
    hash = u64(seed + P[4]);
  }
  hash = u64(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) hash = u64(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * P[0] + P[3]);
  if (at + 4 <= bytes.length) {
    hash = u64(rotate(hash ^ u64(BigInt(bytes.readUInt32LE(at)) * P[0]), 23n) * P[1] + P[2]);
    at += 4;
  }
  for (; at < bytes.length; at++) hash = u64(rotate(hash ^ u64(BigInt(bytes[at]) * P[4]), 11n) * P[0]);
  hash = u64((hash ^ hash >> 33n) * P[1]);
  hash = u64((hash ^ hash >> 29n) * P[2]);
  return hash ^ hash >> 32n;
}

/** The hash of one row's canonical bytes. */
export function rowHash(bytes: Buffer): bigint {
  return xxh64(bytes, 1n) << 64n | xxh64(bytes, 0n);
}

export function sumOf(hashes: readonly bigint[]): bigint {
  return BigInt.asUintN(128, hashes.reduce((sum, hash) => sum + hash, 0n));
}
