import { ManifestColumn } from '../../../src/contract';

/** One spelling for each value, so that values are compared and not their spellings. */

/** @param sourceType as SQL Server spells it */
export function canonical(value: string | null, sourceType: string): string | null {
  if (value === null) return null;
  const [type] = sourceType.split('(');
  switch (type) {
    case 'bit': return value === '1' ? 'true' : value === '0' ? 'false' : value;
    case 'decimal': case 'numeric': case 'money': case 'smallmoney': return plainDecimal(value);
    case 'float': return plainFloat(Number(value));
    case 'real': return plainFloat(Math.fround(Number(value)));
    case 'binary': case 'varbinary': case 'image': case 'rowversion': case 'geometry': case 'geography': case 'hierarchyid':
      return value.replace(/^(0x|\\x)/, '').toUpperCase();
    case 'uniqueidentifier': return value.toUpperCase();
    case 'time': case 'smalldatetime': case 'datetime': case 'datetime2': case 'datetimeoffset': return plainTime(value);
    default: return value;
  }
}

/** Negative zero is a value of its own. */
function plainFloat(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Without an exponent's, a sign's or trailing zeros' choice. */
function plainDecimal(value: string): string {
  const match = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(value);
  if (!match) throw new Error(`not a decimal: ${value}`);
  const [, sign, whole, part = ''] = match;
  const digits = `${whole || '0'}${part ? `.${part}` : ''}`;
  return digits === '0' ? '0' : sign + digits;
}

/** A space between date and time, no trailing zeros, offset as +hh:mm. */
function plainTime(value: string): string {
  const match = /^(.*?\d\d:\d\d:\d\d)(?:\.(\d+))? ?([+-]\d\d)?(:\d\d)?$/.exec(value.replace('T', ' '));
  if (!match) throw new Error(`not a time: ${value}`);
  const [, base, fraction = '', hours, minutes = ':00'] = match;
  const digits = fraction.replace(/0+$/, '');
  return `${base}${digits && `.${digits}`}${hours ? ` ${hours}${minutes}` : ''}`;
}

/** What a Parquet reader gave for a landed column: text; microseconds for time stamps; hex for binary. */
export type Landed = string | null;

/** Puts a source column's value together from its landed columns, canonically. */
export function sourceValue(columns: readonly ManifestColumn[], row: readonly Landed[], ordinal: number): string | null {
  const at = columns.findIndex((column) => column.ordinal === ordinal);
  const { name, sourceType, outputType } = columns[at];
  const companion = (suffix: string) => {
    const index = columns.findIndex((column) => column.name === `${name}__${suffix}`);
    return index < 0 ? undefined : row[index];
  };
  const value = row[at];
  if (value === null) {
    for (const suffix of ['100ns', 'offset_minutes', 'base_type']) {
      if (companion(suffix)) throw new Error(`${name} is NULL but its ${suffix} is not`);
    }
    return null;
  }
  if (sourceType === 'sql_variant') return canonical(value, companion('base_type')!);
  if (!outputType.startsWith('TIMESTAMP')) return canonical(value, sourceType);
  const offset = Number(companion('offset_minutes') ?? 0);
  const text = `${timestamp(BigInt(value) + BigInt(offset) * 60000000n)}${companion('100ns') ?? ''}`;
  if (companion('offset_minutes') === undefined) return plainTime(text);
  const minutes = Math.abs(offset);
  const sign = offset < 0 ? '-' : '+';
  return plainTime(`${text} ${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`);
}

function timestamp(micros: bigint): string {
  const part = ((micros % 1000000n) + 1000000n) % 1000000n;
  const date = new Date(Number((micros - part) / 1000n));
  return `${date.toISOString().slice(0, 19)}.${String(part).padStart(6, '0')}`;
}
