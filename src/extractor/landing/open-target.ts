import { FileTarget } from './file/file-target';
import type { LandingTarget } from './target/landing-target';
import type { LandingProps } from '../api/landing-props';
import { S3Target, type S3TargetOptions } from './s3/s3-target';

/** Options of {@link openTarget}; those of S3 are left out of account for a folder. */
export type TargetOptions = Omit<S3TargetOptions, 'url'>;

/** How the store of a target is reached. */
export function targetOptions(props: LandingProps): TargetOptions {
  const { region, profile, roleArn, proxyUrl, endpointUrl, kmsKeyId, serverSideEncryption, expectedBucketOwner, checksum } = props;
  const { targetTimeoutSeconds: seconds } = props;
  const requestTimeoutMs = seconds === undefined ? undefined : 1000 * seconds;
  return { region, profile, roleArn, proxyUrl, endpointUrl, kmsKeyId, serverSideEncryption, expectedBucketOwner, checksum, requestTimeoutMs };
}

/** The target of `s3://bucket/prefix` or `file:///folder`. Reaches nothing yet. */
export function openTarget(url: string, options: TargetOptions): LandingTarget {
  return url.startsWith('file:') ? new FileTarget(url) : new S3Target({ url, ...options });
}
