/**
 * SQL Server keeps any UTF-16 code units, DuckDB only valid UTF-8. A surrogate without its other half is therefore
 * kept as the private-use character U+100000 + the surrogate (U+10D800 to U+10DFFF) and sent as the lone unit again.
 */
const PRIVATE_BASE = 0x100000;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const KEPT = /[\u{10d800}-\u{10dfff}]/gu;

/** Text as DuckDB can hold it. */
export function toStorageText(text: string): string {
  return text.replace(LONE, (unit) => String.fromCodePoint(PRIVATE_BASE + unit.charCodeAt(0)));
}

/** Text as SQL Server has it. */
export function fromStorageText(text: string): string {
  // The lead unit of every character kept this way is U+DBF6 or U+DBF7.
  return text.includes('\udbf6') || text.includes('\udbf7')
    ? text.replace(KEPT, (kept) => String.fromCharCode(kept.codePointAt(0)! - PRIVATE_BASE))
    : text;
}
