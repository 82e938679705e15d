const LEAST_POWER = -342;
const GREATEST_POWER = 308;
/** From here up to 0 what 128 bits leave of the power is not 0 and was rounded up. */
const LEAST_ROUNDED_UP = -27;
const WORD = 64n;

/**
 * The leading 128 bits of 10^-342 to 10^308, as its table has them ("Number Parsing at a Gigabyte
 * per Second", Lemire 2021, section 5): what text-value.as reads floats by. High word first, each least byte first.
 */
export function eiselLemireTable(): Uint8Array {
  const table = new DataView(new ArrayBuffer(16 * (GREATEST_POWER - LEAST_POWER + 1)));
  for (let power = LEAST_POWER; power <= GREATEST_POWER; power++) {
    const bits = leadingBits(power);
    const at = 16 * (power - LEAST_POWER);
    table.setBigUint64(at, bits >> WORD, true);
    table.setBigUint64(at + 8, BigInt.asUintN(64, bits), true);
  }
  return new Uint8Array(table.buffer);
}

/** 5^power has the same leading bits as 10^power. */
function leadingBits(power: number): bigint {
  const five = 5n ** BigInt(Math.abs(power));
  const length = five.toString(2).length;
  if (power >= 0) return length <= 128 ? five << BigInt(128 - length) : five >> BigInt(length - 128);
  if (power >= LEAST_ROUNDED_UP) return (1n << BigInt(length + 127)) / five + 1n;
  const quotient = (1n << BigInt(2 * length + 128)) / five + 1n;
  return quotient >> BigInt(quotient.toString(2).length - 128);
}
