/** Whole numbers by the decimal digits they need. */
const WHOLE: { readonly [type: string]: number } = { tinyint: 3, smallint: 5, int: 10, bigint: 19 };

/** Most digits of a Glue decimal. */
const MAX_PRECISION = 38;

/**
 * The Glue type that holds the values of both: the wider whole number, double for float and double, a decimal with room
 * for both (whole numbers too), else string.
 */
export function widerType(a: string, b: string): string {
  if (a === b) return a;
  if (a in WHOLE && b in WHOLE) return WHOLE[a] >= WHOLE[b] ? a : b;
  if (['float', 'double'].includes(a) && ['float', 'double'].includes(b)) return 'double';
  const [one, other] = [decimal(a), decimal(b)];
  if (one && other) {
    const scale = Math.max(one.scale, other.scale);
    const precision = scale + Math.max(one.precision - one.scale, other.precision - other.scale);
    if (precision <= MAX_PRECISION) return `decimal(${precision},${scale})`;
  }
  return 'string';
}

/**
 * Whether engines that read Hive tables (Trino, and so Athena) give a partition's column of one type as the table's
 * type: their documented coercions of whole numbers, floats and decimals, and of whole numbers to text.
 */
export function coercible(from: string, to: string): boolean {
  if (from === to) return true;
  if (from in WHOLE) return to === 'string' || (to in WHOLE && WHOLE[from] < WHOLE[to]);
  if (from === 'float') return to === 'double';
  return from.startsWith('decimal') && to.startsWith('decimal') && widerType(from, to) === to;
}

function decimal(type: string): { readonly precision: number; readonly scale: number } | undefined {
  if (type in WHOLE) return { precision: WHOLE[type], scale: 0 };
  const match = /^decimal\((\d+),(\d+)\)$/.exec(type);
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined;
}
