import { createHash } from 'node:crypto';
import type { ManifestColumn } from '../../../contract';

/** Hash of the columns' names and types (32 hexadecimal digits). Nullability and collation leave files readable alike. */
export function schemaFingerprint(columns: readonly ManifestColumn[]): string {
  const shape = columns.map(({ name, sourceType, outputType, glueType }) => [name, sourceType, outputType, glueType]);
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 32);
}
