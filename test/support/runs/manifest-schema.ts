import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';

/** docs/manifest.schema.json as it is published. */
export const MANIFEST_SCHEMA = JSON.parse(readFileSync(path.join(__dirname, '../../../docs/manifest.schema.json'), 'utf8')) as object;

/** @param strict refuses fields that the schema does not name, which readers pass over */
export function manifestValidator({ strict }: { readonly strict: boolean }): ValidateFunction {
  return new Ajv2020({ allErrors: true }).compile(strict ? closed(MANIFEST_SCHEMA) as object : MANIFEST_SCHEMA);
}

/** Keywords whose schemas say of some fields only. */
const CONDITIONS = new Set(['if', 'then', 'else']);

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, CONDITIONS.has(key) ? value : closed(value)]));
  return 'properties' in copy && 'required' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}
