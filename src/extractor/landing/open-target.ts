import { FileTarget } from './file/file-target';
import type { LandingTarget } from './landing-target';
import { S3Target, type S3TargetOptions } from './s3/s3-target';

/** Options of {@link openTarget}; those of S3 are left out of account for a folder. */
export type TargetOptions = Omit<S3TargetOptions, 'url'>;

/** The target of `s3://bucket/prefix` or `file:///folder`. Reaches nothing yet. */
export function openTarget(url: string, options: TargetOptions): LandingTarget {
  return url.startsWith('file:') ? new FileTarget(url) : new S3Target({ url, ...options });
}
