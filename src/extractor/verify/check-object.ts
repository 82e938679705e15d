import { createHash } from 'node:crypto';
import { objectContent } from './object-content';
import type { ManifestColumn, ManifestFormat, ManifestObject, ManifestTally } from '../../contract';
import { plainCount } from '../counted';
import { LegacyToS3Error } from '../errors';
import { hashText } from '../hash/content-hash';
import type { LandingTarget, StoredObject } from '../landing/landing-target';
import { VerificationFault, type VerificationProblem } from '../verification-result';

/** A difference of one object. */
export type ObjectProblem = Pick<VerificationProblem, 'fault' | 'expected' | 'found'>;

/** What was read of an object. */
export interface CheckedObject {
  readonly rows: number;
  readonly sizeBytes: number;
  readonly problems: readonly ObjectProblem[];
  /** Of each column of the source; absent where the object could not be read. */
  readonly tallies?: readonly ManifestTally[];
}

/**
 * Reads an object back whole and compares it with what the manifest says of it.
 *
 * @param comparable whether the values are as the source had them, so that the content hash can be taken again
 * @throws LegacyToS3Error when the target cannot be read
 */
export async function checkObject(
  target: LandingTarget, object: ManifestObject, columns: readonly ManifestColumn[], format: ManifestFormat, comparable: boolean,
): Promise<CheckedObject> {
  const stored = await target.read(object.key);
  if (!stored) return { rows: 0, sizeBytes: 0, problems: [{ fault: VerificationFault.MISSING_OBJECT, expected: plainCount(object.sizeBytes, 'byte') }] };
  const problems: ObjectProblem[] = [];
  const compare = (fault: VerificationFault, expected: string, found: string) => {
    if (expected !== found) problems.push({ fault, expected, found });
  };
  compare(VerificationFault.SIZE, plainCount(object.sizeBytes, 'byte'), plainCount(stored.sizeBytes, 'byte'));
  const reading = new HashedBody(stored);
  let rows = 0;
  let tallies: readonly ManifestTally[] | undefined;
  try {
    const content = await objectContent(reading.bytes(), columns, format);
    rows = content.rows;
    tallies = content.tallies;
    compare(VerificationFault.ROWS, plainCount(object.rows, 'row'), plainCount(rows, 'row'));
    if (comparable && object.contentHash !== undefined) compare(VerificationFault.CONTENT, object.contentHash, hashText(content.contentHash));
  } catch (error) {
    if (error instanceof LegacyToS3Error) throw error;
    problems.push({ fault: VerificationFault.UNREADABLE, found: (error as Error).message });
    await reading.skipRest();
  }
  const { algorithm, type, value } = object.checksum;
  const found = algorithm === 'SHA256' && type === 'FULL_OBJECT' ? reading.sha256() : stored.checksum;
  if (found !== undefined) compare(VerificationFault.CHECKSUM, `${algorithm} ${value}`, `${algorithm} ${found}`);
  return { rows, sizeBytes: stored.sizeBytes, problems, tallies };
}

/** Hashes the bytes on their way. */
class HashedBody {
  private readonly hash = createHash('sha256');
  private readonly pieces: AsyncIterator<Uint8Array>;

  public constructor(stored: StoredObject) {
    this.pieces = stored.body[Symbol.asyncIterator]();
  }

  public async* bytes(): AsyncGenerator<Uint8Array> {
    // A loop over the body itself would end it when its reader stops early.
    for (let piece = await this.pieces.next(); !piece.done; piece = await this.pieces.next()) {
      this.hash.update(piece.value);
      yield piece.value;
    }
  }

  /** Takes what a reader that stopped has left. */
  public async skipRest(): Promise<void> {
    const rest = this.bytes();
    while (!(await rest.next()).done);
  }

  /** Base64, of all bytes. */
  public sha256(): string {
    return this.hash.digest('base64');
  }
}
