/** Quotes a name for T-SQL: `[name]`, with `]` doubled. */
export function quoteName(name: string): string {
  return `[${name.replace(/]/g, ']]')}]`;
}

/** A column in T-SQL; the pseudo-columns of a graph are no names to quote. */
export function selectedBy({ name, catalogName }: { readonly name: string; readonly catalogName?: string }): string {
  return catalogName === undefined ? quoteName(name) : name;
}

/** `[schema].[table]` */
export function quoteTable(schema: string, table: string): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}
