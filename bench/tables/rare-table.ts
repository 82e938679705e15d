import { type BenchTable, generatedTable, rowsOf } from './bench-table';
import { float, generator, int, type Random } from './random-cells';
import { COLLATION, type WireCell, type WireColumn, wireColumn } from '../../tools/replay-server/wire-rows';
import { encodeText } from '../../tools/stand-in/sql/code-pages';

/**
 * Types that no fast path is made for: xml, sql_variant, a double-byte code page, a UTF-8 collation, deprecated LOBs, a CLR
 * type, long values. And the same without sql_variant and the CLR type, which freebcp, mssql-python's Arrow reader and
 * ConnectorX refuse.
 */

const VARIANT = 'Value';
const CLR = 'Location';
const COLUMNS: readonly WireColumn[] = [
  wireColumn.intN('Id', 4),
  wireColumn.xml('Settings'),
  wireColumn.variant(VARIANT),
  wireColumn.varchar('NameInShiftJis', 80, COLLATION.japanese),
  wireColumn.varchar('NameInUtf8', 200, COLLATION.utf8),
  wireColumn.text('Remarks'),
  wireColumn.ntext('History'),
  wireColumn.image('Thumbnail'),
  wireColumn.nvarcharMax('Contract'),
  wireColumn.varbinaryMax('Scan'),
  wireColumn.udt(CLR, 'geography'),
];

const NULL_SHARE = 0.1;
const CODE_PAGE_932 = 932;
/** Characters of the longest values: beyond what a page of the server holds (8,000 bytes). */
const LONG_CHARACTERS = 12_000;
const NAMES = ['株式会社サクラ', '東京都港区芝公園', 'カタカナ商店', 'Müller GmbH', 'ACME, Inc.', 'O\'Neill "East"'];

export const RARE_TABLE = rareTable(() => true);
export const RARE_TEXT_TABLE = rareTable(({ name }) => name !== VARIANT && name !== CLR);

function rareTable(isTaken: (column: WireColumn) => boolean): BenchTable {
  const columns = COLUMNS.filter(isTaken);
  const cells = (index: number) => rareCells(index).filter((_, i) => isTaken(COLUMNS[i]));
  return generatedTable({ columns, rows: rowsOf(columns, cells), chunkRows: 1000, blockRows: 2000, defaultRows: 20_000 });
}

function rareCells(index: number): WireCell[] {
  const random = generator(index);
  const name = `${NAMES[Math.floor(random() * NAMES.length)]} ${index}`;
  const cells: WireCell[] = [
    int(4, index + 1),
    Buffer.from(`<settings><row id="${index}">${name.replace(/&/g, '&amp;')}</row><limit>${Math.floor(random() * 1e6)}</limit></settings>`, 'utf16le'),
    variant(random),
    encodeText(name, CODE_PAGE_932),
    Buffer.from(name),
    Buffer.from(`Remark ${index}: caf\xe9. `.repeat(1 + Math.floor(random() * 20)), 'latin1'),
    Buffer.from(`${name}; `.repeat(1 + Math.floor(random() * 20)), 'utf16le'),
    bytes(random, 200),
    [Buffer.from(`§ ${index} ${name}, "as is". `.repeat(1 + Math.floor(random() * LONG_CHARACTERS / 30)), 'utf16le')],
    // Its length told beforehand, as SQL Server does: mssql-python 1.16's Arrow reader never ends at one that is not.
    bytes(random, 2 * LONG_CHARACTERS),
    point(random),
  ];
  return cells.map((cell, i) => (i > 0 && random() < NULL_SHARE ? null : cell));
}

/** Base type, count of property bytes, these, and the value (MS-TDS 2.2.5.5.4). */
function variant(random: Random): Buffer {
  switch (Math.floor(random() * 5)) {
    case 0: return Buffer.concat([Buffer.from([0x38, 0]), int(4, random() * 1e9)]);
    case 1: return Buffer.concat([Buffer.from([0x3e, 0]), float(random())]);
    case 2: return Buffer.concat([Buffer.from([0xe7, 7]), COLLATION.latin1, int(2, 100), Buffer.from(`Value ${Math.floor(random() * 1e4)}`, 'utf16le')]);
    case 3: return Buffer.concat([Buffer.from([0x6a, 2, 19, 4, 1]), int(8, random() * 1e12)]);
    default: return Buffer.concat([Buffer.from([0x28, 0]), int(3, 738_000 + random() * 1000)]);
  }
}

/** A geography point: SRID 4326, version 1, valid and a single point, latitude, longitude (MS-SSCLRT 2.1). */
function point(random: Random): Buffer {
  return Buffer.concat([int(4, 4326), Buffer.from([1, 0x0c]), float(180 * random() - 90), float(360 * random() - 180)]);
}

function bytes(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * 256)));
}
