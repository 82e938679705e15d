import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderStore } from './folder-store';
import { S3Store } from './s3-store';
import type { StateStore } from './state-store';
import { normalizePrefix } from '../../contract';
import type { TargetOptions } from '../landing/open-target';
import { createS3Client } from '../landing/s3/s3-client';

/** Name of the state's folder where there is no landing prefix to stand beside. */
const STATE_FOLDER = '_state';

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
  if (target.startsWith('file:')) return { store: new FolderStore(join(fileURLToPath(target), STATE_FOLDER)), close: () => undefined };
  const [, bucket, path] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(target)!;
  const landing = normalizePrefix(path);
  const prefix = landing === '' ? `${STATE_FOLDER}/` : `${landing.slice(0, -1)}-state/`;
  const client = createS3Client(options);
  const { kmsKeyId, expectedBucketOwner } = options;
  return { store: new S3Store({ client, bucket, prefix, kmsKeyId, expectedBucketOwner }), close: () => client.destroy() };
}
