/* eslint-disable no-bitwise */
/** The polynomial of CRC-64/NVME without its highest term, lowest bit first (NVM Express, "64b CRC"). */
const POLYNOMIAL = 0x9a6c9329ac4bc9b5n;
const ONE = 1n << 63n;

/**
 * The CRC of two runs of bytes one behind the other, from their own: the first times x to the power of the second's
 * bits, plus the second, over GF(2). The parts of an upload need not be read again.
 *
 * @param length bytes of the second
 */
export function concatCrc64Nvme(first: bigint, second: bigint, length: number): bigint {
  return multiply(first, powerOfX(8n * BigInt(length))) ^ second;
}

/** x to the power of `exponent`, modulo the polynomial. */
function powerOfX(exponent: bigint): bigint {
  let result = ONE;
  let square = ONE >> 1n;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** Product of two polynomials whose bit 63 is the constant term, modulo the polynomial. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = ONE; bit > 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= shifted;
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n;
  }
  return product;
}
