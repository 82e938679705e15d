import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderStore } from './folder-store';
import { S3Store } from './s3-store';
import type { StateStore } from './state-store';
import { stateFolder } from '../../contract';
import type { TargetOptions } from '../landing/open-target';
import { createS3Client } from '../landing/s3/s3-client';

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
  const [, bucket, path] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(target)!;
  const prefix = stateFolder(path ?? '');
  const client = createS3Client(options);
  const { kmsKeyId, expectedBucketOwner } = options;
  return { store: new S3Store({ client, bucket, prefix, kmsKeyId, expectedBucketOwner }), close: () => client.destroy() };
}
