import { Collation } from 'tedious/lib/collation';
import { charset, type Charset } from './code-page';

/**
 * Code pages of sort ids that tedious does not know. `_BIN2` of 437 and 850, those of SQL Server 6.5 and 7.0 that are named by
 * Windows collations since, and those that order as EBCDIC does but keep code page 1252.
 *
 * Source: the tables of Microsoft's own drivers, which agree (LocalesHelper.cs of Microsoft.Data.SqlClient, after tdssort.h;
 * SQLCollation.java of the JDBC driver), and the list of "SQL Server Collation Name (Transact-SQL)".
 */
const SORT_IDS: ReadonlyMap<number, string> = new Map(Object.entries({
  CP437: [35],
  CP850: [45],
  CP1252: [50, 71, 72, 73, 74, 75, 210, 211, 212, 213, 214, 215, 216, 217],
  CP1250: [97, 98],
  CP932: [192, 193, 200],
  CP949: [194, 195, 201],
  CP950: [196, 197, 202],
  CP936: [198, 199, 203],
  CP874: [204, 205, 206],
}).flatMap(([codePage, ids]) => ids.map((id) => [id, codePage] as const)));

/** Lithuanian_Classic, by the same tables; of the languages that collations have it is the one that tedious does not know. */
const LANGUAGES: ReadonlyMap<number, string> = new Map([[0x0827, 'CP1257']]);

/**
 * The charset of a collation (MS-TDS 2.2.5.1.2: LCID and flags, or sort id).
 *
 * @returns nothing when the collation has no code page known here
 */
export function charsetOfCollation(collation: Uint8Array): Charset | undefined {
  const { codepage, sortId, lcid } = Collation.fromBuffer(Buffer.from(collation));
  const codePage = codepage ?? (sortId === 0 ? LANGUAGES.get(lcid & 0xffff) : SORT_IDS.get(sortId));
  return codePage === undefined ? undefined : charset(codePage);
}
