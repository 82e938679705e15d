/** Content hashes of sets of rows: 128 bits, added modulo 2^128. `RowHasher` says what is hashed of a row. */

/** Adds content hashes. */
export function addHashes(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(128, a + b);
}

/** 32 hexadecimal digits. */
export function hashText(hash: bigint): string {
  return hash.toString(16).padStart(32, '0');
}

/** The hash of several sets of rows together, by their texts. */
export function sumHashTexts(texts: readonly string[]): string {
  return hashText(texts.reduce((sum, text) => addHashes(sum, BigInt(`0x${text}`)), 0n));
}
