import * as fc from 'fast-check';
import { done } from '../../../tools/replay-server/tds-packets';
import { COLLATION, colMetadata, decimalSize, nbcRow, row, WireCell, WireColumn, wireColumn } from '../../../tools/replay-server/wire-rows';

/** A value on the wire, and the text it stands for, made without any code of the decoder. */
export interface TypedValue {
  readonly cell: WireCell;
  /** CSV text before quoting; null for NULL. */
  readonly text: string | null;
}

export interface TypedColumn {
  readonly column: WireColumn;
  /** NULL among them. */
  readonly values: fc.Arbitrary<TypedValue>;
  /** The ends of the type's range and what lies on either side of a special case. */
  readonly edges: readonly TypedValue[];
}

const NULL: TypedValue = { cell: null, text: null };

function typed<T>(
  column: WireColumn, source: fc.Arbitrary<T>, encode: (value: T) => Buffer | readonly Buffer[], text: (value: T) => string,
  edges: readonly T[],
): TypedColumn {
  const typedValue = (value: T): TypedValue => ({ cell: encode(value), text: text(value) });
  const values = source.map(typedValue);
  return {
    column,
    values: fc.oneof({ weight: 6, arbitrary: values }, { weight: 1, arbitrary: fc.constant(NULL) }),
    edges: [NULL, ...edges.map(typedValue)],
  };
}

/** Little-endian two's complement. */
export function le(value: bigint, size: number): Buffer {
  const out = Buffer.alloc(size);
  let rest = BigInt.asUintN(8 * size, value);
  for (let i = 0; i < size; i++) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** Digits with `scale` decimals. */
export function scaled(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
}

const integers = (bits: number) => [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n, 0n, -1n, 1n];
const integer = (bits: number) => fc.oneof(
  fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }), fc.constantFrom(...integers(bits)),
);

function decimalColumn(precision: number, scale: number): TypedColumn {
  const limit = 10n ** BigInt(precision) - 1n;
  const edges = [limit, -limit, 0n, 1n, -1n];
  const magnitudes = fc.integer({ min: 1, max: precision })
    .chain((digits) => fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }));
  return typed(
    wireColumn.decimal(`dec_${precision}_${scale}`, precision, scale),
    fc.oneof(magnitudes, fc.constantFrom(...edges)),
    (value) => Buffer.concat([Buffer.from([value < 0n ? 0 : 1]), le(value < 0n ? -value : value, decimalSize(precision) - 1)]),
    (value) => scaled(value, scale),
    edges,
  );
}

const FIRST_DAY = -719162;
const LAST_DAY = 2932896;
/** Years 1 and 9999; around 1970, two leap days, the first day of the Gregorian calendar, 1900 and the ends of nanoseconds. */
const EDGE_DAYS = [FIRST_DAY, LAST_DAY, 0, -1, 11016, 19782, -141427, -141428, -25567, -25568, -106752, 106751];
const days = fc.oneof(fc.integer({ min: FIRST_DAY, max: LAST_DAY }), fc.integer({ min: -3000, max: 22000 }), fc.constantFrom(...EDGE_DAYS));

/** The engine's own calendar, which is proleptic Gregorian too. */
function dateText(day: number): string {
  return new Date(day * 86400000).toISOString().slice(0, 10);
}

const dayBytes = (day: number) => le(BigInt(day - FIRST_DAY), 3);
const timeSize = (scale: number) => (scale <= 2 ? 3 : scale <= 4 ? 4 : 5);
const ticksOf = (scale: number) => fc.oneof(
  fc.bigInt({ min: 0n, max: 86400n * 10n ** BigInt(scale) - 1n }), fc.constantFrom(0n, 86400n * 10n ** BigInt(scale) - 1n),
);

function timeText(ticks: bigint, scale: number): string {
  const unit = 10n ** BigInt(scale);
  const seconds = Number(ticks / unit);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const fraction = scale > 0 ? `.${String(ticks % unit).padStart(scale, '0')}` : '';
  return `${two(seconds / 3600)}:${two(seconds / 60 % 60)}:${two(seconds % 60)}${fraction}`;
}

function timeColumns(scale: number): TypedColumn[] {
  const unit = 10n ** BigInt(scale);
  const moment = fc.tuple(days, ticksOf(scale));
  const edgeTicks: readonly bigint[] = [0n, 86400n * unit - 1n, 1n, 45296n * unit + unit / 2n];
  const edgeMoments = EDGE_DAYS.flatMap((day) => edgeTicks.slice(0, 2).map((ticks): [number, bigint] => [day, ticks]));
  const edgeLocals: readonly [number, bigint, number][] = [
    ...[0, 840, -840, 1, -719].map((offset): [number, bigint, number] => [-1, edgeTicks[1], offset]),
    [FIRST_DAY, 0n, -840], [FIRST_DAY, 0n, 0], [LAST_DAY, edgeTicks[1], 840], [LAST_DAY, edgeTicks[1], 0],
  ];
  const local = fc.tuple(fc.integer({ min: FIRST_DAY + 1, max: LAST_DAY - 1 }), ticksOf(scale), fc.integer({ min: -840, max: 840 }));
  return [
    typed(wireColumn.time(`time_${scale}`, scale), ticksOf(scale), (ticks) => le(ticks, timeSize(scale)), (ticks) => timeText(ticks, scale), edgeTicks),
    typed(
      wireColumn.datetime2(`datetime2_${scale}`, scale), moment,
      ([day, ticks]) => Buffer.concat([le(ticks, timeSize(scale)), dayBytes(day)]),
      ([day, ticks]) => `${dateText(day)}T${timeText(ticks, scale)}`,
      edgeMoments,
    ),
    typed(
      wireColumn.datetimeoffset(`datetimeoffset_${scale}`, scale), local,
      // Given as local time, sent as UTC.
      ([day, ticks, offset]) => {
        const utc = BigInt(day) * 86400n * unit + ticks - BigInt(offset) * 60n * unit;
        const perDay = 86400n * unit;
        const utcDay = (utc - ((utc % perDay) + perDay) % perDay) / perDay;
        return Buffer.concat([le(utc - utcDay * perDay, timeSize(scale)), dayBytes(Number(utcDay)), le(BigInt(offset), 2)]);
      },
      ([day, ticks, offset]) => {
        const minutes = Math.abs(offset);
        const sign = offset < 0 ? '-' : '+';
        return `${dateText(day)}T${timeText(ticks, scale)}${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
      },
      edgeLocals,
    ),
  ];
}

/** Any characters, also those that CSV and JSON escape; no lone surrogates. */
const anyText = (maxLength: number) => fc.oneof(
  fc.string({ unit: 'grapheme', maxLength }),
  fc.string({ unit: 'binary', maxLength }),
  fc.array(fc.constantFrom('"', ',', '\r', '\n', '\\', '\t', '\u0000', '\u001f', 'a', 'é', '€', '漢', '𝄞', ' '), { maxLength }).map((parts) => parts.join('')),
).map((text) => Buffer.from(text.slice(0, maxLength)).toString('utf8'));

/** Characters of Windows-1252, 0x80 to 0x9F among them; the five open ones are C1 controls. */
const LATIN1 = Array.from({ length: 256 }, (_, byte) => {
  const special = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
  return byte >= 0x80 && byte < 0xa0 ? special[byte - 0x80] : String.fromCharCode(byte);
});
/** Empty, quotes and control characters, one to four bytes of UTF-8, surrogate pairs, the ends of the planes. */
const EDGE_TEXTS = ['', ' ', '"', '""', ',', 'a"b,c\r\nd', '\u0000', '\t\\\u001f\u007f', '\u0080\u07ff\u0800\uffff', '\u{10000}\u{10ffff}', '𝄞é€漢', '\ufeffx', ' trailing '];
const EDGE_XML: readonly [string, boolean][] = [['<a/>', true], ['<a/>', false], ['<a>𝄞é€漢</a>', true]];
/** Empty, each byte from 0x80 to 0x9F, and the others in two rows. */
const EDGE_BYTES = ['', '808182838485868788898a8b8c8d8e8f', '909192939495969798999a9b9c9d9e9f', 'a0ff', '00', '410d0a22']
  .map((digits) => Buffer.from(digits, 'hex'));
/** Known and unknown lengths; pieces of nothing, of one byte, and cut where a character is. */
const EDGE_PIECES = [0, 1, 2, 7, 8, 255, 256, 4096, 8000, 32768].flatMap((length) => {
  const bytes = Buffer.alloc(2 * length, 'ab');
  return [{ bytes, cell: bytes }, { bytes, cell: [bytes.subarray(0, 1), bytes.subarray(1, length), bytes.subarray(length)] }];
});
const latin1Bytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const latin1Text = (bytes: Buffer) => Array.from(bytes, (byte) => LATIN1[byte]).join('');

/** A (max) value in pieces of random sizes, its length announced or not. */
function chunked(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<{ readonly bytes: Buffer; readonly cell: Buffer | readonly Buffer[] }> {
  return fc.tuple(bytes, fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 6 }), fc.boolean()).map(([value, sizes, known]) => {
    if (known) return { bytes: value, cell: value };
    const pieces: Buffer[] = [];
    let at = 0;
    for (const size of sizes) {
      pieces.push(value.subarray(at, at + size));
      at += size;
    }
    return { bytes: value, cell: [...pieces, value.subarray(at)] };
  });
}

function floatBytes(value: number, size: 4 | 8): Buffer {
  const out = Buffer.alloc(size);
  if (size === 4) out.writeFloatLE(value);
  else out.writeDoubleLE(value);
  return out;
}

const floatText = (value: number) => (Object.is(value, -0) ? '-0' : String(value));
const bytesUpTo = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const hex = (bytes: Buffer) => bytes.toString('hex').toUpperCase();
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

/** The same values in a column that holds no NULL, whose type has a length of its own (MS-TDS 2.2.5.4.1). */
function fixedColumn({ column, values, edges }: TypedColumn, type: number): TypedColumn {
  return { column: wireColumn.fixed(`${column.name}_fixed`, type), values: values.filter(({ cell }) => cell !== null), edges: edges.slice(1) };
}

/** The same values inside a sql_variant: base type, length of its properties, properties, value (MS-TDS 2.2.5.5.4). */
function variantColumn({ column, values, edges }: TypedColumn, type: number, properties = Buffer.alloc(0)): TypedColumn {
  const head = Buffer.concat([Buffer.from([type, properties.length]), properties]);
  const inside = ({ cell, text }: TypedValue): TypedValue => (cell === null ? NULL : { cell: Buffer.concat([head, cell as Buffer]), text });
  return { column: wireColumn.variant(`variant_${column.name}`), values: values.map(inside), edges: edges.map(inside) };
}

/** Characters of code page 932 with their bytes: of one byte, of two, and with a second byte that is a backslash. */
const CP932: readonly (readonly [string, string])[] = [
  ['a', '61'], ['~', '7e'], ['\\', '5c'], ['ｱ', 'b1'], ['ﾟ', 'df'], ['あ', '82a0'], ['漢', '8abf'], ['表', '955c'], ['ソ', '835c'], ['①', '8740'], ['髙', 'fbfc'],
];
const cp932 = (characters: readonly (readonly [string, string])[]) => (
  { bytes: Buffer.from(characters.map(([, digits]) => digits).join(''), 'hex'), text: characters.map(([character]) => character).join('') });

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
const padded = (bytes: Buffer, length: number, pad: number) => Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length), pad)]);

/** Every type that can be NULL, with the whole range of its values. */
const NULLABLE_COLUMNS: readonly TypedColumn[] = [
  typed(wireColumn.bit('bit'), fc.boolean(), (value) => Buffer.from([value ? 1 : 0]), String, [true, false]),
  typed(wireColumn.intN('tinyint', 1), fc.bigInt({ min: 0n, max: 255n }), (value) => le(value, 1), String, [0n, 255n, 127n, 128n]),
  typed(wireColumn.intN('smallint', 2), integer(16), (value) => le(value, 2), String, integers(16)),
  typed(wireColumn.intN('int', 4), integer(32), (value) => le(value, 4), String, integers(32)),
  typed(wireColumn.intN('bigint', 8), integer(64), (value) => le(value, 8), String, integers(64)),
  typed(wireColumn.moneyN('smallmoney', 4), integer(32), (value) => le(value, 4), (value) => scaled(value, 4), integers(32)),
  typed(wireColumn.moneyN('money', 8), integer(64), (value) => Buffer.concat([le(value >> 32n, 4), le(value & 0xffffffffn, 4)]), (value) => scaled(value, 4), integers(64)),
  ...([[1, 0], [9, 2], [9, 9], [10, 4], [18, 0], [18, 18], [19, 4], [28, 10], [38, 0], [38, 10], [38, 38]] as const)
    .map(([precision, scale]) => decimalColumn(precision, scale)),
  typed(wireColumn.floatN('float', 8), fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => floatBytes(value, 8), floatText,
    [0, -0, 1, -1, 0.1, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53, 1e21, 1e-7, 2.2250738585072014e-308]),
  typed(
    wireColumn.floatN('real', 4), fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => floatBytes(value, 4),
    (value) => {
      if (value === 0) return floatText(value);
      for (let digits = 1; ; digits++) {
        const rounded = Number(value.toPrecision(digits));
        if (Math.fround(rounded) === value) return floatText(rounded);
      }
    },
    [0, -0, 1, -1, 0.1, 2 ** -149, 2 ** -126, 3.4028234663852886e38, -3.4028234663852886e38, 16777217].map(Math.fround),
  ),
  typed(wireColumn.date('date'), days, dayBytes, dateText, EDGE_DAYS),
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap(timeColumns),
  typed(
    wireColumn.datetimeN('datetime', 8), fc.tuple(fc.integer({ min: -79257, max: LAST_DAY }), fc.integer({ min: 0, max: 25919999 })),
    ([day, ticks]) => Buffer.concat([le(BigInt(day + 25567), 4), le(BigInt(ticks), 4)]),
    ([day, ticks]) => `${dateText(day)}T${timeText(BigInt(Math.round(ticks * 10 / 3)), 3)}`,
    [[-79257, 0], [LAST_DAY, 25919999], [0, 0], [-1, 25919999], [-25567, 1], [-25568, 2]],
  ),
  typed(
    wireColumn.datetimeN('smalldatetime', 4), fc.tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 1439 })),
    ([day, minutes]) => Buffer.concat([le(BigInt(day), 2), le(BigInt(minutes), 2)]),
    ([day, minutes]) => `${dateText(day - 25567)}T${timeText(BigInt(minutes * 60), 0)}`,
    [[0, 0], [65535, 1439], [25567, 0], [25566, 1439]],
  ),
  typed(
    wireColumn.guid('uniqueidentifier'), fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)), (bytes) => bytes,
    (b) => [[b[3], b[2], b[1], b[0]], [b[5], b[4]], [b[7], b[6]], b.subarray(8, 10), b.subarray(10)].map((group) => hex(Buffer.from(group))).join('-'),
    [Buffer.alloc(16), Buffer.alloc(16, 0xff), Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')],
  ),
  typed(wireColumn.nvarchar('nvarchar', 40), anyText(40), utf16, (text) => text, EDGE_TEXTS),
  typed(wireColumn.varchar('varchar', 40), latin1Bytes, (bytes) => bytes, latin1Text, EDGE_BYTES),
  typed(wireColumn.varchar('varchar_utf8', 200, COLLATION.utf8), anyText(40), (text) => Buffer.from(text, 'utf8'), (text) => text, EDGE_TEXTS),
  typed(wireColumn.nvarcharMax('nvarchar_max'), chunked(anyText(120).map(utf16)), ({ cell }) => cell, ({ bytes }) => bytes.toString('utf16le'), EDGE_PIECES),
  typed(wireColumn.varcharMax('varchar_max'), chunked(latin1Bytes), ({ cell }) => cell, ({ bytes }) => latin1Text(bytes), EDGE_PIECES),
  typed(
    wireColumn.xml('xml'), fc.tuple(anyText(40), fc.boolean()),
    ([text, mark]) => utf16((mark ? '\ufeff' : '') + text.replace(/^\ufeff+/, '')),
    ([text]) => text.replace(/^\ufeff+/, ''),
    EDGE_XML,
  ),
  typed(wireColumn.text('text'), latin1Bytes, (bytes) => bytes, latin1Text, EDGE_BYTES),
  typed(wireColumn.ntext('ntext'), anyText(40), utf16, (text) => text, EDGE_TEXTS),
  typed(wireColumn.varbinary('varbinary', 100), bytesUpTo(100), (bytes) => bytes, hex, EDGE_BYTES),
  typed(wireColumn.varbinaryMax('varbinary_max'), chunked(bytesUpTo(300)), ({ cell }) => cell, ({ bytes }) => hex(bytes), EDGE_PIECES),
  typed(wireColumn.image('image'), bytesUpTo(100), (bytes) => bytes, hex, EDGE_BYTES),
  typed(wireColumn.rowversion('rowversion'), fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)), (bytes) => bytes, hex,
    [Buffer.alloc(8), Buffer.alloc(8, 0xff)]),
];

const [bit, tinyint, smallint, int, bigint, smallmoney, money] = NULLABLE_COLUMNS;
const nullable = (name: string) => NULLABLE_COLUMNS.find(({ column }) => column.name === name)!;

/** Every type with the whole range of its values. */
export const TYPED_COLUMNS: readonly TypedColumn[] = [
  ...NULLABLE_COLUMNS,
  typed(wireColumn.char('char', 40), latin1Bytes.map((bytes) => padded(bytes, 40, 0x20)), (bytes) => bytes, latin1Text, EDGE_BYTES.map((bytes) => padded(bytes, 40, 0x20))),
  typed(wireColumn.nchar('nchar', 40), anyText(40).map((text) => text.padEnd(40)), utf16, (text) => text, EDGE_TEXTS.map((text) => text.padEnd(40))),
  typed(wireColumn.binary('binary', 16), bytesOf(16), (bytes) => bytes, hex, EDGE_BYTES.map((bytes) => padded(bytes, 16, 0))),
  typed(wireColumn.varchar('varchar_japanese', 80, COLLATION.japanese), fc.array(fc.constantFrom(...CP932), { maxLength: 40 }).map(cp932),
    ({ bytes }) => bytes, ({ text }) => text, [cp932([]), cp932(CP932), ...CP932.map((character) => cp932([character]))]),
  typed(wireColumn.udt('hierarchyid', 'hierarchyid'), chunked(bytesUpTo(300)), ({ cell }) => cell, ({ bytes }) => hex(bytes), EDGE_PIECES),
  fixedColumn(bit, 0x32),
  fixedColumn(tinyint, 0x30),
  fixedColumn(smallint, 0x34),
  fixedColumn(int, 0x38),
  fixedColumn(bigint, 0x7f),
  fixedColumn(smallmoney, 0x7a),
  fixedColumn(money, 0x3c),
  fixedColumn(nullable('float'), 0x3e),
  fixedColumn(nullable('real'), 0x3b),
  fixedColumn(nullable('datetime'), 0x3d),
  fixedColumn(nullable('smalldatetime'), 0x3a),
  variantColumn(bit, 0x32),
  variantColumn(int, 0x38),
  variantColumn(bigint, 0x7f),
  variantColumn(money, 0x3c),
  variantColumn(nullable('float'), 0x3e),
  variantColumn(nullable('real'), 0x3b),
  variantColumn(nullable('dec_38_10'), 0x6a, Buffer.from([38, 10])),
  variantColumn(nullable('date'), 0x28),
  variantColumn(nullable('time_7'), 0x29, Buffer.from([7])),
  variantColumn(nullable('datetime'), 0x3d),
  variantColumn(nullable('datetime2_3'), 0x2a, Buffer.from([3])),
  variantColumn(nullable('datetimeoffset_7'), 0x2b, Buffer.from([7])),
  variantColumn(nullable('uniqueidentifier'), 0x24),
  variantColumn(nullable('nvarchar'), 0xe7, Buffer.concat([COLLATION.latin1, Buffer.from([80, 0])])),
  variantColumn(nullable('varchar'), 0xa7, Buffer.concat([COLLATION.latin1, Buffer.from([40, 0])])),
  variantColumn(nullable('varbinary'), 0xa5, Buffer.from([100, 0])),
];

/** A row, its NULLs in a bitmap or not. */
export interface AnyRow {
  readonly values: readonly TypedValue[];
  readonly bitmap: boolean;
}

/** Any row of the columns. */
export function anyRow(columns: readonly TypedColumn[]): fc.Arbitrary<AnyRow> {
  return fc.record({ values: fc.tuple(...columns.map(({ values }) => values)), bitmap: fc.boolean() });
}

/** The response that has these rows. */
export function payloadOf(columns: readonly TypedColumn[], rows: readonly AnyRow[]): Buffer {
  const wire = columns.map(({ column }) => column);
  return Buffer.concat([
    colMetadata(wire),
    ...rows.map(({ values, bitmap }) => (bitmap ? nbcRow : row)(wire, values.map(({ cell }) => cell))),
    done(0x10, rows.length),
  ]);
}

/** Rows that hold every edge of every column, in both kinds of row. */
export function edgeRows(columns: readonly TypedColumn[]): AnyRow[] {
  const count = Math.max(...columns.map(({ edges }) => edges.length));
  return Array.from({ length: count }, (_, i) => ({ values: columns.map(({ edges }) => edges[i % edges.length]), bitmap: i % 2 === 0 }));
}
