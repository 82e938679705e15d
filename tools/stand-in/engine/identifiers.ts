import { toStorageText } from './lone-surrogates';

/** A name as DuckDB quotes it. */
export function quoteName(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}

/** Text as a DuckDB string literal. */
export function quoteText(text: string): string {
  const literal = `'${toStorageText(text).replace(/'/g, "''")}'`;
  // DuckDB ends its SQL at a NUL character.
  return literal.includes('\u0000') ? `(${literal.split('\u0000').join("' || chr(0) || '")})` : literal;
}

/** How DuckDB knows a table; INFORMATION_SCHEMA gets another name there because DuckDB has one of its own. */
export function duckTableName(database: string, schema: string, name: string): string {
  const duckSchema = schema.toLowerCase() === 'information_schema' ? 'standard_schema' : schema;
  return [database, duckSchema, name].map(quoteName).join('.');
}
