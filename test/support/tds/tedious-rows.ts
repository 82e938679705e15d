/**
 * The rows of a response as tedious's own token parser reads them: a second decoder, written by others, to compare with.
 * Its decimals are floats and its times dates with a rest, so values are compared and not their spellings.
 */

interface TediousToken {
  readonly name: string;
  readonly columns: readonly {
    readonly value: unknown;
    readonly metadata: {
      readonly colName: string;
      readonly flags: number;
      readonly type: { readonly name: string };
      readonly collation?: { readonly codepage?: string };
    };
  }[];
}

type ParseTokens = (chunks: readonly Buffer[], debug: object, options: object) => AsyncIterable<TediousToken>;

const { parseTokens } = jest.requireActual<{ readonly parseTokens: ParseTokens }>('tedious/lib/token/stream-parser');
const OPTIONS = { useUTC: true, tdsVersion: '7_4', useColumnNames: false, lowerCaseGuids: false };

/** fHidden (MS-TDS 2.2.7.4): a column that the server added, which is no part of the result. */
const HIDDEN = 0x2000;

export interface TediousCell {
  readonly type: string;
  readonly value: unknown;
  /** Whether it knows the code page of a text: of some sort ids (EBCDIC's, from 210) it does not, and reads UTF-8. */
  readonly codePageUnknown?: boolean;
}

/** @throws what tedious throws of a response it cannot read */
export async function tediousRows(payload: Buffer): Promise<TediousCell[][]> {
  const rows: TediousCell[][] = [];
  for await (const token of parseTokens([payload], { token: () => undefined, payload: () => undefined }, OPTIONS)) {
    if (token.name === 'ROW' || token.name === 'NBCROW') {
      const visible = token.columns.filter(({ metadata }) => (metadata.flags & HIDDEN) === 0);
      rows.push(visible.map(({ value, metadata: { type, collation } }) => (
        { type: type.name, value, codePageUnknown: collation !== undefined && collation.codepage === undefined })));
    }
  }
  return rows;
}

/** Whether the text that was landed in CSV is tedious's value. */
export function sameAsTedious(text: string | null, { type, value, codePageUnknown = false }: TediousCell): boolean {
  if (text === null || value === null) return text === value;
  if (codePageUnknown && !type.startsWith('N')) return true;
  if (typeof value === 'boolean') return text === String(value);
  if (typeof value === 'number') return sameNumber(text, value, type);
  if (Buffer.isBuffer(value)) return text === value.toString('hex').toUpperCase();
  if (value instanceof Date) return sameTime(text, value as Date & { readonly nanosecondsDelta?: number });
  // It looks for a variant's collation two bytes too late (MS-TDS 2.2.5.5.4), so that only ASCII is read right.
  // eslint-disable-next-line no-control-regex
  if (type === 'Variant' && /[^\u0000-\u007f]/.test(text)) return true;
  return sameText(text, String(value));
}

function sameNumber(text: string, value: number, type: string): boolean {
  const landed = Number(text);
  if (Number.isNaN(value)) return Number.isNaN(landed);
  if (/Int|Bit/.test(type)) return text === String(value);
  if (type === 'Float') return Object.is(landed, value);
  // Of a variant nothing tells whether it is a real, a float or a decimal that was made one.
  return landed === value || Math.fround(landed) === value || Math.abs(landed - value) <= 1e-12 * Math.abs(value);
}

/** To the millisecond, and the digits behind it. */
function sameTime(text: string, value: Date & { readonly nanosecondsDelta?: number }): boolean {
  const match = /^(?:(\d{4}-\d\d-\d\d)T?)?(?:(\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(?:([+-])(\d\d):(\d\d))?$/.exec(text);
  if (!match) return false;
  const [, date = '1970-01-01', hours = '0', minutes = '0', seconds = '0', fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  const digits = fraction.padEnd(7, '0');
  const offset = (sign === '-' ? -1 : 1) * (60 * Number(offsetHours) + Number(offsetMinutes));
  const local = Date.parse(`${date}T00:00:00Z`) + 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(seconds)) + Number(digits.slice(0, 3));
  const rest = Math.round((value.nanosecondsDelta ?? 0) * 1e7);
  return local - 60_000 * offset === value.getTime() && Number(digits.slice(3)) === rest;
}

/** tedious keeps xml's byte order mark, and has U+FFFD for bytes that its code pages lack. */
function sameText(text: string, value: string): boolean {
  if (text === value || `\ufeff${text}` === value) return true;
  const known = Array.from(value);
  const landed = Array.from(text);
  return known.length === landed.length && known.every((character, i) => character === landed[i] || character === '\ufffd');
}
