import { toWellFormed } from './object-keys';

/**
 * Names of the user metadata the extractor sets on each object (sent as `x-amz-meta-<name>`).
 *
 * S3 fixes them when a multipart upload starts, allows 2 KB in all and only US-ASCII, so counts and hashes are in the
 * manifest instead and values are percent-encoded by {@link encodeMetadataValue}.
 */
export const OBJECT_METADATA = {
  runId: 'run-id',
  database: 'database',
  schema: 'schema',
  table: 'table',
  part: 'part',
  format: 'format',
  compression: 'compression',
  schemaFingerprint: 'schema-fingerprint',
} as const;

/** A key of {@link OBJECT_METADATA}. */
export type ObjectMetadataField = keyof typeof OBJECT_METADATA;

/** What the extractor says of an object, by field; every one may be missing on objects landed by others. */
export type ObjectMetadata = { readonly [field in ObjectMetadataField]?: string };

/** Makes a value safe for an HTTP header: printable US-ASCII stays, the rest is percent-encoded, as is `%`. */
export function encodeMetadataValue(value: string): string {
  return toWellFormed(value).replace(/[^\x20-\x24\x26-\x7e]|^ | $/gu, (char) => encodeURIComponent(char));
}

/** Reverses {@link encodeMetadataValue}; a value that is not well-formed is returned as it came. */
export function decodeMetadataValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Fields to header names and encoded values, as S3's `Metadata` parameter takes them. */
export function toUserMetadata(metadata: ObjectMetadata): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [field, name] of Object.entries(OBJECT_METADATA)) {
    const value = metadata[field as ObjectMetadataField];
    if (value !== undefined) out[name] = encodeMetadataValue(value);
  }
  return out;
}

/** S3's `Metadata` (names in lower case) back to fields; unknown names are ignored. */
export function fromUserMetadata(headers: { readonly [name: string]: string } | undefined): ObjectMetadata {
  const out: { [field in ObjectMetadataField]?: string } = {};
  for (const [field, name] of Object.entries(OBJECT_METADATA)) {
    const value = headers?.[name];
    if (value !== undefined) out[field as ObjectMetadataField] = decodeMetadataValue(value);
  }
  return out;
}
