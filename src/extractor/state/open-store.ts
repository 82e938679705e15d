import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderStore } from './folder-store';
import { S3Store } from './s3-store';
import type { StateStore } from './state-store';
import { stateFolder } from '../../contract';
import type { LandingProps } from '../api/landing-props';
import { openTarget, targetOptions, type TargetOptions } from '../landing/open-target';
import { encryptionOf } from '../landing/s3/encryption';
import { createS3Client } from '../landing/s3/s3-client';
import { parseS3Url } from '../landing/s3/s3-url';
import type { LandingTarget } from '../landing/target/landing-target';

/** A store and what frees its connections. */
export interface OpenStore {
  readonly store: StateStore;
  close(): void;
}

/**
 * Where checkpoints of a target are kept: beside the landing prefix (`landing/` has `landing-state/`), so that no trigger
 * on the prefix sees them; in `_state/` of a folder or of a bucket without a prefix.
 */
export function openStore(target: string, options: TargetOptions): OpenStore {
  if (target.startsWith('file:')) return { store: new FolderStore(join(fileURLToPath(target), stateFolder(''))), close: () => undefined };
  const { bucket, prefix: path, region } = parseS3Url(target)!;
  const prefix = stateFolder(path);
  const client = createS3Client({ ...options, region: options.region ?? region });
  const { expectedBucketOwner } = options;
  return { store: new S3Store({ client, bucket, prefix, encryption: encryptionOf(options), expectedBucketOwner }), close: () => client.destroy() };
}

/** Opens a target and its checkpoints for some work, and closes them behind it. */
export async function withTarget<T>(props: LandingProps, work: (target: LandingTarget, store: StateStore) => Promise<T>): Promise<T> {
  const options = targetOptions(props);
  const target = openTarget(props.target, options);
  const state = openStore(props.target, options);
  try {
    return await work(target, state.store);
  } finally {
    state.close();
    await target.close();
  }
}
