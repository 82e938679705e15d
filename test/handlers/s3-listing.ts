import { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';

/** S3's answer to a listing of a bucket with these keys, in pages of at most so many; folders count when a delimiter is asked for. */
export function listingOf(
  keys: readonly string[], { Prefix = '', Delimiter, ContinuationToken, MaxKeys }: ListObjectsV2CommandInput, pageSize = 1000,
  sizes: { readonly [key: string]: number } = {},
): Partial<ListObjectsV2CommandOutput> {
  const below = keys.filter((key) => key.startsWith(Prefix)).sort();
  const folderOf = (key: string) => key.slice(0, key.indexOf('/', Prefix.length) + 1);
  const all = Delimiter ? [...new Set(below.map(folderOf).filter(Boolean))] : below;
  const from = Number(ContinuationToken ?? 0);
  const page = all.slice(from, from + Math.min(MaxKeys ?? pageSize, pageSize));
  const next = from + page.length < all.length ? String(from + page.length) : undefined;
  return {
    ...Delimiter ? { CommonPrefixes: page.map((folder) => ({ Prefix: folder })) } : { Contents: page.map((Key) => ({ Key, Size: sizes[Key] ?? (Key.endsWith('/') ? 0 : 1) })) },
    IsTruncated: next !== undefined,
    NextContinuationToken: next,
  };
}
