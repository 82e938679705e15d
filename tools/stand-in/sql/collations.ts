/* eslint-disable no-bitwise */

/** A collation as the wire (MS-TDS 2.2.5.1.2) and comparisons see it. */
export interface Collation {
  readonly name: string;
  readonly lcid: number;
  /** Windows code page of char, varchar and text; 65001 for a UTF-8 collation. */
  readonly codePage: number;
  readonly caseSensitive: boolean;
  readonly accentSensitive: boolean;
  /** Whether ａ and a differ. Of the SQL collations all are taken to be, which is so of their char and varchar. */
  readonly widthSensitive: boolean;
  readonly binary: boolean;
  /** The five bytes in COLMETADATA and ENVCHANGE. */
  readonly wire: Buffer;
}

export const DEFAULT_COLLATION = 'SQL_Latin1_General_CP1_CI_AS';

/** Locale and code page by the part of a collation's name before its options. */
const LOCALES: Record<string, readonly [lcid: number, codePage: number]> = {
  Latin1_General: [0x0409, 1252],
  SQL_Latin1_General_CP1: [0x0409, 1252],
  SQL_Latin1_General_CP1250: [0x0409, 1250],
  SQL_Latin1_General_CP1251: [0x0419, 1251],
  SQL_Latin1_General_CP437: [0x0409, 437],
  SQL_Latin1_General_CP850: [0x0409, 850],
  // In the order of EBCDIC, stored in code page 1252.
  SQL_EBCDIC037_CP1: [0x0409, 1252],
  SQL_EBCDIC278_CP1: [0x040b, 1252],
  SQL_EBCDIC297_CP1: [0x040c, 1252],
  Arabic: [0x0401, 1256],
  Chinese_PRC: [0x0804, 936],
  Chinese_Taiwan_Stroke: [0x0404, 950],
  Cyrillic_General: [0x0419, 1251],
  Czech: [0x0405, 1250],
  Estonian: [0x0425, 1257],
  Finnish_Swedish: [0x040b, 1252],
  French: [0x040c, 1252],
  German_PhoneBook: [0x10407, 1252],
  Greek: [0x0408, 1253],
  Hebrew: [0x040d, 1255],
  Japanese: [0x0411, 932],
  Korean_Wansung: [0x0412, 949],
  Polish: [0x0415, 1250],
  Thai: [0x041e, 874],
  Turkish: [0x041f, 1254],
  Vietnamese: [0x042a, 1258],
};

/** Sort ids of the SQL collations; 0 for a Windows collation. */
const SORT_IDS: Record<string, number> = {
  SQL_Latin1_General_CP1_CI_AS: 52,
  SQL_Latin1_General_CP1_CS_AS: 51,
  SQL_Latin1_General_CP1_CI_AI: 54,
  SQL_Latin1_General_CP437_CI_AS: 32,
  SQL_Latin1_General_CP437_CS_AS: 31,
  SQL_Latin1_General_CP850_CI_AS: 42,
  SQL_Latin1_General_CP850_CS_AS: 41,
  SQL_Latin1_General_CP1250_CI_AS: 82,
  SQL_Latin1_General_CP1251_CI_AS: 106,
  SQL_Latin1_General_CP437_BIN2: 35,
  SQL_Latin1_General_CP850_BIN2: 45,
  SQL_EBCDIC037_CP1_CS_AS: 210,
  SQL_EBCDIC278_CP1_CS_AS: 213,
  SQL_EBCDIC297_CP1_CS_AS: 217,
};

const known = new Map<string, Collation | undefined>();

/** The collation of that name, whatever its case; undefined when there is none (or the stand-in lacks it). */
export function findCollation(name: string): Collation | undefined {
  const key = name.toLowerCase();
  if (!known.has(key)) {
    known.set(key, parse(name));
  }
  return known.get(key);
}

export function collationOf(name: string | undefined): Collation {
  return findCollation(name ?? DEFAULT_COLLATION) ?? findCollation(DEFAULT_COLLATION)!;
}

function parse(name: string): Collation | undefined {
  const locale = Object.keys(LOCALES)
    .filter((candidate) => name.toLowerCase().startsWith(candidate.toLowerCase() + '_'))
    .sort((left, right) => right.length - left.length)[0];
  if (locale === undefined) {
    return undefined;
  }
  const options = name.slice(locale.length + 1).toUpperCase().split('_');
  const [lcid, ansiCodePage] = LOCALES[locale];
  const binary = options.includes('BIN') || options.includes('BIN2');
  const utf8 = options.includes('UTF8');
  const caseSensitive = binary || options.includes('CS');
  const accentSensitive = binary || options.includes('AS');
  const widthSensitive = binary || options.includes('WS') || locale.startsWith('SQL_');
  const version = options.includes('140') ? 3 : options.includes('100') ? 2 : options.includes('90') ? 1 : 0;
  const flags = binary
    ? (options.includes('BIN2') ? 0x20 : 0x10)
    : (caseSensitive ? 0 : 0x01) | (accentSensitive ? 0 : 0x02) | (options.includes('KS') ? 0 : 0x04) | (options.includes('WS') ? 0 : 0x08);
  const wire = Buffer.alloc(5);
  wire.writeUInt32LE((lcid | ((flags | (utf8 ? 0x40 : 0)) << 20) | (version << 28)) >>> 0, 0);
  wire[4] = SORT_IDS[Object.keys(SORT_IDS).find((sql) => sql.toLowerCase() === name.toLowerCase()) ?? ''] ?? 0;
  return { name: `${locale}_${options.join('_')}`, lcid, codePage: utf8 ? 65001 : ansiCodePage, caseSensitive, accentSensitive, widthSensitive, binary, wire };
}
