/** Longest name of a column or table in Glue (bytes of UTF-8; Athena, "Name databases, tables, and columns"). */
const MAX_NAME_BYTES = 255;

/**
 * What a name in Glue has none of: control characters, line breaks among them, and what is no character (Glue, "Column", the
 * single-line pattern), and what separates names and types where Hive keeps them as one text (`,` `:` `;`), which engines that
 * read Hive tables refuse or misread.
 */
const REFUSED = /[\u0000-\u001f\u007f,:;\ufffe\uffff]|\p{Surrogate}/gu;

/** Whether a column can have this name, in lower case, in a Glue table. Engines refuse a space at either end as well (Trino, Hive connector). */
export function isCatalogColumnName(name: string): boolean {
  return name !== '' && name.search(REFUSED) < 0 && !/^ | $/.test(name) && byteLength(name) <= MAX_NAME_BYTES;
}

/**
 * The names under which a CSV's columns, which are read by position, are registered: their own in lower case where Glue takes them;
 * else `_` stands for each character that it refuses, the end is cut off, and a number makes the name differ from the others.
 */
export function catalogColumnNames(names: readonly string[]): string[] {
  const taken = new Set(names.map((name) => name.toLowerCase()).filter(isCatalogColumnName));
  return names.map((name) => {
    const lower = name.toLowerCase();
    if (isCatalogColumnName(lower)) return lower;
    const base = cut(lower.replace(REFUSED, '_').replace(/^ | $/g, '_') || '_');
    let own = base;
    for (let n = 2; taken.has(own); n++) own = `${base}_${n}`;
    taken.add(own);
    return own;
  });
}

/** A name as SQL of Athena and DuckDB has it, in double quotes. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text that a comment of Glue takes: one line, and so many bytes at most. */
export function catalogComment(text: string, maxBytes = MAX_NAME_BYTES): string {
  return cut(text.replace(/[\u0000-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/gu, ' '), maxBytes);
}

/** Leaves room for a number. */
function cut(text: string, maxBytes = MAX_NAME_BYTES - 15): string {
  if (byteLength(text) <= maxBytes) return text;
  const characters = [...text];
  let bytes = 0;
  const end = characters.findIndex((character) => (bytes += byteLength(character)) > maxBytes);
  return characters.slice(0, end).join('');
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
