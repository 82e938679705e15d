import type { ManifestColumn } from '../../src/contract';
import { type Cell, doubleCell } from '../engines';

/** A value as its source says it: text, binary as hexadecimal digits; null for NULL. */
export type SourceText = string | null;

/**
 * The cells that an engine must show of a source column's values, in the landed column and its companions, made from the source's
 * own text alone.
 *
 * @param columns of the manifest; those with the ordinal of the first are the column's own
 * @param baseTypes of sql_variant, value by value
 */
export function expectedOf(
  columns: readonly ManifestColumn[], values: readonly SourceText[], baseTypes?: ReadonlyArray<string | null>,
): { readonly [name: string]: readonly Cell[] } {
  const [main, ...companions] = columns;
  const texts = values.map((value, row) => (value === null ? null : formOf(value, baseTypes?.[row] ?? main.sourceType)));
  const cells: Array<readonly [string, readonly Cell[]]> = [];
  cells.push([main.name.toLowerCase(), texts.map((text) => text === null ? null : cellOf(text, main))]);
  for (const { name } of companions) {
    const kind = name.slice(main.name.length + 2);
    // Where nobody says which it is.
    if (kind === 'base_type' && !baseTypes) continue;
    const of = texts.map((text, row) => (text === null ? null : companionOf(kind, text, baseTypes?.[row])));
    cells.push([name.toLowerCase(), of]);
  }
  return Object.fromEntries(cells);
}

function companionOf(kind: string, text: string, baseType: string | null | undefined): Cell {
  switch (kind) {
    case '100ns': return partsOf(text).fraction.padEnd(7, '0')[6];
    case 'offset_minutes': return String(partsOf(text).offset);
    case 'base_type': return baseType ?? null;
    default: throw new Error(`no companion is called '${kind}'`);
  }
}

/** In the spelling that a text column has of such a type. */
function formOf(text: string, sourceType: string): string {
  const [type, argument] = sourceType.split(/[()]/);
  switch (type) {
    // A variant's only: a column of bits is no text.
    case 'bit': return text === '1' ? 'true' : text === '0' ? 'false' : text;
    case 'uniqueidentifier': return text.toUpperCase();
    case 'binary': case 'varbinary': case 'image': case 'rowversion': case 'timestamp': case 'geometry': case 'geography': case 'hierarchyid':
      return text.replace(/^0x/i, '');
    case 'time': case 'datetime2': case 'datetimeoffset': {
      const { head, fraction, zone } = partsOf(text);
      const digits = fraction.padEnd(7, '0').slice(0, Number(argument ?? '7'));
      return `${head}${digits && `.${digits}`}${zone}`;
    }
    case 'datetime': {
      const { head, fraction } = partsOf(text);
      return `${head}.${fraction.padEnd(3, '0').slice(0, 3)}`;
    }
    case 'smalldatetime': return partsOf(text).head;
    default: return text;
  }
}

function cellOf(text: string, { outputType, name }: ManifestColumn): Cell {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(outputType);
  if (decimal) return scaled(text, Number(decimal[2]));
  switch (outputType) {
    case 'BOOLEAN': return text === '1' || text === 'true' ? 'true' : 'false';
    case 'INT8': case 'INT16': case 'INT32': case 'INT64': return text;
    case 'FLOAT': return doubleCell(Math.fround(numberOf(text)));
    case 'DOUBLE': return doubleCell(numberOf(text));
    case 'DATE': return text;
    case 'UUID': return text.toLowerCase();
    case 'BINARY': return text.toLowerCase();
    case 'STRING': return text;
    case 'TIME(MICROS)': return micros(partsOf(text));
    case 'TIMESTAMP(MICROS)': return micros(partsOf(text));
    case 'TIMESTAMP(MICROS,UTC)': {
      const { head, fraction, offset } = partsOf(text);
      const utc = new Date(Date.parse(`${head}Z`) - offset * 60_000).toISOString().slice(0, 19);
      return `${micros({ head: utc, fraction })}Z`;
    }
    default: throw new Error(`the column '${name}' is ${outputType}`);
  }
}

function numberOf(text: string): number {
  return Number(text.replace(/^(-?)inf(inity)?$/i, '$1Infinity'));
}

/** With all of its scale. */
function scaled(text: string, scale: number): string {
  const match = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text);
  if (!match) throw new Error(`'${text}' is no decimal`);
  const [, sign, whole, part = ''] = match;
  const digits = `${whole || '0'}${scale > 0 ? `.${part.padEnd(scale, '0')}` : ''}`;
  return /[1-9]/.test(digits) ? sign + digits : digits;
}

interface TimeParts {
  /** `2020-02-29T12:00:00` or `12:00:00` */
  readonly head: string;
  readonly fraction: string;
  /** As it is spelled, `+05:45`. */
  readonly zone: string;
  readonly offset: number;
}

function partsOf(text: string): TimeParts {
  const match = /^(?:(\d{4}-\d\d-\d\d)[ T])?(\d\d:\d\d:\d\d)(?:\.(\d+))? ?(?:([+-])(\d\d):(\d\d)|(Z))?$/.exec(text);
  if (!match) throw new Error(`'${text}' is no time`);
  const [, date, time, fraction = '', sign, hours, minutes] = match;
  const offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (60 * Number(hours) + Number(minutes));
  return { head: date === undefined ? time : `${date}T${time}`, fraction, zone: sign === undefined ? '' : `${sign}${hours}:${minutes}`, offset };
}

function micros({ head, fraction }: Pick<TimeParts, 'head' | 'fraction'>): string {
  return `${head}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}
