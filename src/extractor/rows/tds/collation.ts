import { Collation } from 'tedious/lib/collation';
import { charset, type Charset } from './code-page';

/**
 * The charset of a collation (MS-TDS 2.2.5.1.2: LCID and flags, or sort id).
 *
 * @returns nothing when the collation has no code page known here
 */
export function charsetOfCollation(collation: Uint8Array): Charset | undefined {
  const codePage = Collation.fromBuffer(Buffer.from(collation)).codepage;
  return codePage === undefined ? undefined : charset(codePage);
}
