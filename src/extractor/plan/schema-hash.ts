import { createHash } from 'node:crypto';
import type { SourceTable } from '../source/catalog/read-catalog';

/** Hash of a table's columns, in order, and of the keys it may be cut by (32 hexadecimal digits). */
export function sourceSchemaHash({ columns, primaryKey, clusteredKey }: Pick<SourceTable, 'columns' | 'primaryKey' | 'clusteredKey'>): string {
  const shape = [columns.map(({ name, type, nullable, collation }) => [name, type, nullable, collation ?? null]), primaryKey, clusteredKey];
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 32);
}
