/** A bucket, or an access point that stands for one, and the prefix in it. */
export interface S3Url {
  /** Name of a bucket, alias of an access point, or ARN of one. */
  readonly bucket: string;
  /** As written, without the slash before it. */
  readonly prefix: string;
  /** Of an ARN. */
  readonly region?: string;
}

/**
 * ARNs of access points have a slash (or colon) of their own: `arn:aws:s3:eu-west-1:123456789012:accesspoint/name`, and on
 * Outposts `arn:aws:s3-outposts:…:outpost/op-1/accesspoint/name` (Amazon S3, "Referencing access points").
 */
const S3_URL = /^s3:\/\/(arn:[^:/]+:s3(?:-outposts)?:[^:/]*:[^:/]*:(?:outpost[/:][^/:]+[/:])?accesspoint[/:][^/:]+|[^/]+)(?:\/(.*))?$/s;

/** Takes `s3://bucket/prefix` apart; undefined where it is not of that form. */
export function parseS3Url(url: string): S3Url | undefined {
  const match = S3_URL.exec(url);
  if (!match) return undefined;
  const [, bucket, prefix = ''] = match;
  return { bucket, prefix, ...(bucket.startsWith('arn:') && { region: bucket.split(':')[3] }) };
}
