import { createHash, type Hash } from 'node:crypto';
import { objectContent, type ObjectContent } from './object-content';
import type { ManifestColumn, ManifestFormat, ManifestObject, ManifestTally } from '../../../contract';
import { plainCount } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { VerificationFault, type VerificationProblem } from '../../api/verification-result';
import type { LandingTarget, StoredObject } from '../../landing/target/landing-target';
import { parseSourceType } from '../../rows/columns/source-type';
import { hashText } from '../../rows/hash/content-hash';
import type { ObjectReading } from '../values/object-reading';
import { decimalBytes, WIDE_DECIMAL_BYTES } from '../values/wire-value';

/** A difference of one object. */
export type ObjectProblem = Pick<VerificationProblem, 'fault' | 'expected' | 'found'>;

/** An object and what the manifest says of it. */
export interface ObjectJob {
  readonly object: ManifestObject;
  readonly columns: readonly ManifestColumn[];
  readonly format: ManifestFormat;
  /** Whether the values are as the source had them, so that the content hash can be taken again. */
  readonly comparable: boolean;
  /** Of the manifest. */
  readonly contentHashVersion: number;
}

/** What was read of an object. */
export interface CheckedObject {
  readonly rows: number;
  readonly sizeBytes: number;
  readonly problems: readonly ObjectProblem[];
  /** Of each column of the source; absent where the object could not be read. */
  readonly tallies?: readonly ManifestTally[];
  /** Present where the manifest's content hash holds for decimals of 17 bytes alone: the hash with those of their digits. */
  readonly declaredHash?: string;
}

/** Checks objects, in this thread or another. */
export interface ObjectChecker {
  /** @throws LegacyToS3Error */
  check(job: ObjectJob, onProgress: NonNullable<ObjectReading['onProgress']>): Promise<CheckedObject>;
  /** Never throws. */
  close(): Promise<void>;
}

/** Checks in this thread. */
export function localChecker(target: LandingTarget, signal: AbortSignal): ObjectChecker {
  return {
    check: async (job, onProgress) => checkObject(target, job, { onProgress, signal }),
    close: async () => undefined,
  };
}

/**
 * Reads an object back whole and compares it with what the manifest says of it.
 *
 * @throws LegacyToS3Error when the target cannot be read; the signal's reason when it is to stop
 */
export async function checkObject(target: LandingTarget, job: ObjectJob, reading: Pick<ObjectReading, 'onProgress' | 'signal'> = {}): Promise<CheckedObject> {
  const { object, comparable } = job;
  const stored = await target.read(object.key);
  if (!stored) return { rows: 0, sizeBytes: 0, problems: [{ fault: VerificationFault.MISSING_OBJECT, expected: plainCount(object.sizeBytes, 'byte') }] };
  const problems: ObjectProblem[] = [];
  const compare = (fault: VerificationFault, expected: string, found: string) => {
    if (expected !== found) problems.push({ fault, expected, found });
  };
  compare(VerificationFault.SIZE, plainCount(object.sizeBytes, 'byte'), plainCount(stored.sizeBytes, 'byte'));
  const { algorithm, type, value } = object.checksum;
  const body = new HashedBody(stored, algorithm === 'SHA256' && type === 'FULL_OBJECT');
  try {
    let content: ObjectContent | undefined;
    let declaredHash: string | undefined;
    try {
      content = await contentOf(stored, body, job, reading);
      compare(VerificationFault.ROWS, plainCount(object.rows, 'row'), plainCount(content.rows, 'row'));
      if (comparable && object.contentHash !== undefined) {
        const hash = hashText(content.contentHash);
        if (hash !== object.contentHash && await holdsWide(target, job, reading)) declaredHash = hash;
        else compare(VerificationFault.CONTENT, object.contentHash, hash);
      }
    } catch (error) {
      if (error instanceof LegacyToS3Error || reading.signal?.aborted) throw error;
      problems.push({ fault: VerificationFault.UNREADABLE, found: (error as Error).message });
      await body.skipRest(reading.signal);
    }
    const found = body.sha256() ?? stored.checksum;
    if (found !== undefined) compare(VerificationFault.CHECKSUM, `${algorithm} ${value}`, `${algorithm} ${found}`);
    const { rows = 0, tallies } = content ?? {};
    return { rows, sizeBytes: stored.sizeBytes, problems, tallies, ...(declaredHash !== undefined && { declaredHash }) };
  } finally {
    await body.close();
  }
}

async function contentOf(stored: StoredObject, body: HashedBody, { columns, format }: ObjectJob, reading: ObjectReading): Promise<ObjectContent> {
  const { path } = stored;
  if (format.name !== 'parquet' || path === undefined) return objectContent(body.bytes(), columns, format, reading);
  // A file is read where it is; its bytes are hashed before.
  await body.skipRest(reading.signal);
  return objectContent(body.bytes(), columns, format, { ...reading, path });
}

/**
 * Whether the rows have the manifest's hash when decimals have 17 bytes: content hashes of version 1 have them as long as the
 * server announced, and some announce that whatever the digits.
 */
async function holdsWide(target: LandingTarget, job: ObjectJob, { signal }: Pick<ObjectReading, 'signal'>): Promise<boolean> {
  const { object, columns, format, contentHashVersion } = job;
  if (contentHashVersion !== 1 || !columns.some(hasNarrowDecimals)) return false;
  const stored = await target.read(object.key);
  if (!stored) return false;
  const body = new HashedBody(stored, false);
  try {
    const { contentHash } = await objectContent(body.bytes(), columns, format, { signal, wideDecimals: true, path: stored.path });
    return hashText(contentHash) === object.contentHash;
  } finally {
    await body.close();
  }
}

function hasNarrowDecimals({ sourceType, framing }: ManifestColumn): boolean {
  const { base, precision } = parseSourceType(sourceType);
  return framing !== undefined && (base === 'decimal' || base === 'numeric') && decimalBytes(precision) < WIDE_DECIMAL_BYTES;
}

/** Hashes the bytes on their way. */
class HashedBody {
  private readonly hash: Hash | undefined;
  private readonly pieces: AsyncIterator<Uint8Array>;

  public constructor(stored: StoredObject, hashes: boolean) {
    this.pieces = stored.body[Symbol.asyncIterator]();
    this.hash = hashes ? createHash('sha256') : undefined;
  }

  public async* bytes(): AsyncGenerator<Uint8Array> {
    // A loop over the body itself would end it when its reader stops early.
    for (let piece = await this.pieces.next(); !piece.done; piece = await this.pieces.next()) {
      this.hash?.update(piece.value);
      yield piece.value;
    }
  }

  /** Takes what a reader that stopped has left. */
  public async skipRest(signal?: AbortSignal): Promise<void> {
    const rest = this.bytes();
    while (!(await rest.next()).done) signal?.throwIfAborted();
  }

  /** Base64, of all bytes; where they are hashed. */
  public sha256(): string | undefined {
    return this.hash?.digest('base64');
  }

  /** Frees what it is read from, also where it was not read whole. */
  public async close(): Promise<void> {
    await this.pieces.return?.();
  }
}
