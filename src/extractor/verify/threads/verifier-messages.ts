import type { TargetOptions } from '../../landing/open-target';
import type { PlainError } from '../../run/threads/worker-thread';
import type { CheckedObject, ObjectJob } from '../objects/check-object';

/** What a thread is started with; marks it as one of ours among a caller's own. */
export interface VerifierData {
  readonly cdkLegacyToS3: 'verifiers';
  readonly target: string;
  readonly targetOptions: TargetOptions;
}

/** To a thread. Objects are numbered by the side that steers. */
export type ToVerifier =
  | { readonly type: 'check'; readonly id: number; readonly job: ObjectJob }
  | { readonly type: 'stop'; readonly reason: PlainError };

/** From a thread. */
export type FromVerifier =
  | { readonly type: 'progress'; readonly id: number; readonly rows: number; readonly bytes: number }
  | { readonly type: 'checked'; readonly id: number; readonly checked: CheckedObject }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError };
