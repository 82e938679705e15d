import { createHash, type Hash } from 'node:crypto';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand,
  HeadObjectCommand, PutObjectCommand, UploadPartCommand, type S3Client,
} from '@aws-sdk/client-s3';
import { CHECKSUM_SCHEMES, fullObject, type ChecksumChoice, type ChecksumMembers, type ChecksumScheme, type PartChecksum } from './checksum-schemes';
import type { encryptionOf } from './encryption';
import { abortUploads, MAX_PARTS, partBytes } from './multipart-upload';
import { toS3Error } from './s3-errors';
import { toUserMetadata, type Checksum } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { LandedObject, ObjectHeader, ObjectWriter } from '../target/landing-target';
import { PartQueue, type BufferPool } from '../target/part-queue';

/** What every object of a target shares. */
export interface S3WriterContext {
  readonly client: S3Client;
  readonly bucket: string;
  readonly pool: BufferPool;
  readonly partsInFlight: number;
  readonly encryption: ReturnType<typeof encryptionOf>;
  readonly expectedBucketOwner?: string;
  readonly checksum: ChecksumChoice;
}

/** S3's answer to a finished object. */
interface Finished extends ChecksumMembers {
  readonly ETag?: string;
  readonly VersionId?: string;
  /** Of HeadObject's answer. */
  readonly ContentLength?: number;
}

/**
 * One object in S3: a single PutObject when it fits into the first part, else a multipart upload whose parts go out
 * while the rows are still read. Each request carries the checksum of its bytes, which S3 checks; the object's own is
 * computed here and compared with S3's answer.
 */
export class S3ObjectWriter implements ObjectWriter {
  private readonly queue: PartQueue;
  private readonly stop = new AbortController();
  /** Checksum and ETag of each part, by index. */
  private readonly parts: Array<PartChecksum & { readonly eTag?: string }> = [];
  private readonly checksum: ChecksumScheme;
  /** Of all bytes in their order, where the store has no checksum. */
  private readonly own?: Hash;
  private upload?: Promise<string>;
  private aborted?: Promise<void>;
  private finished = false;

  public constructor(private readonly header: ObjectHeader, private readonly context: S3WriterContext) {
    this.checksum = CHECKSUM_SCHEMES[context.checksum];
    if (context.checksum === 'NONE') this.own = createHash('sha256');
    this.queue = new PartQueue({
      partBytes,
      maxInFlight: context.partsInFlight,
      pool: context.pool,
      send: (part, index) => this.uploadPart(part, index),
    });
  }

  private get url(): string {
    return `s3://${this.context.bucket}/${this.header.key}`;
  }

  private get owned() {
    return { Bucket: this.context.bucket, Key: this.header.key, ExpectedBucketOwner: this.context.expectedBucketOwner };
  }

  private get described() {
    return {
      ...this.owned,
      ContentType: this.header.contentType,
      ContentEncoding: this.header.contentEncoding,
      Metadata: toUserMetadata(this.header.metadata),
      ...this.context.encryption,
    };
  }

  private get member(): keyof ChecksumMembers {
    return `Checksum${this.checksum.algorithm}`;
  }

  private stated(value: string): ChecksumMembers {
    return { [this.member]: value };
  }

  /** Of a body, for the store to check. */
  private checked(digest: Buffer): ChecksumMembers | { readonly ContentMD5: string } {
    const value = digest.toString('base64');
    return this.own ? { ContentMD5: value } : this.stated(value);
  }

  public write(bytes: Uint8Array): void | Promise<void> {
    return this.queue.write(bytes);
  }

  public async complete(): Promise<LandedObject> {
    try {
      if (this.stop.signal.aborted) throw new LegacyToS3Error('TARGET_WRITE_FAILED', `cannot write ${this.url}: it was given up`);
      return this.queue.partsCut === 0 ? await this.put() : await this.completeUpload();
    } catch (error) {
      await this.abort();
      throw toS3Error(error, `write ${this.url}`, this.context.bucket);
    }
  }

  public async abort(): Promise<void> {
    if (this.finished) return;
    this.aborted ??= this.giveUp();
    await this.aborted;
  }

  private async giveUp(): Promise<void> {
    this.stop.abort();
    await this.queue.drop();
    const UploadId = await this.upload?.catch(() => undefined);
    if (!UploadId) return;
    await this.context.client.send(new AbortMultipartUploadCommand({ ...this.owned, UploadId })).catch(() => undefined);
  }

  private async put(): Promise<LandedObject> {
    const body = this.queue.rest();
    const digest = await this.checksum.digest(body);
    const checksum = fullObject(this.checksum, this.own?.update(body).digest() ?? digest);
    const command = new PutObjectCommand({ ...this.described, Body: body, ...this.checked(digest), ...await this.condition() });
    const answer = await this.context.client.send(command, { abortSignal: this.stop.signal })
      .catch(async (error) => this.ownOr(error, checksum, this.own && md5Of(digest)));
    this.queue.release();
    return this.landed(checksum, answer);
  }

  private async uploadPart(part: Buffer, index: number): Promise<void> {
    if (index >= MAX_PARTS) {
      throw new LegacyToS3Error('TARGET_WRITE_FAILED', `${this.url} would need more than ${MAX_PARTS} parts; lower targetFileBytes`);
    }
    // Parts come here in their order; what is awaited may end in another.
    this.own?.update(part);
    const digest = await this.checksum.digest(part);
    try {
      const { ETag } = await this.context.client.send(new UploadPartCommand({
        ...this.owned,
        UploadId: await this.startUpload(),
        PartNumber: index + 1,
        Body: part,
        ...this.checked(digest),
      }), { abortSignal: this.stop.signal });
      this.parts[index] = { digest, sizeBytes: part.length, eTag: ETag };
    } catch (error) {
      throw toS3Error(error, `upload part ${index + 1} of ${this.url}`, this.context.bucket);
    }
    this.header.onPart?.(index + 1, part.length);
  }

  private startUpload(): Promise<string> {
    this.upload ??= this.createUpload();
    return this.upload;
  }

  private async createUpload(): Promise<string> {
    const { client } = this.context;
    const { algorithm: ChecksumAlgorithm, multipartType: ChecksumType } = this.checksum;
    const { UploadId, $metadata } = await client.send(
      new CreateMultipartUploadCommand({ ...this.described, ...(!this.own && { ChecksumAlgorithm, ChecksumType }) }));
    // The answer to a try before this one may have been lost, and with it the id of an upload that nobody would complete.
    if (($metadata.attempts ?? 1) > 1) await abortUploads(this.context, this.header.key, UploadId).catch(() => undefined);
    return UploadId as string;
  }

  private async completeUpload(): Promise<LandedObject> {
    await this.queue.finish();
    const UploadId = await this.startUpload();
    const { algorithm, multipartType: type } = this.checksum;
    const ofParts = this.checksum.ofParts(this.parts);
    const checksum: Checksum = { algorithm, type, value: this.own?.digest('base64') ?? ofParts };
    const command = new CompleteMultipartUploadCommand({
      ...this.owned,
      UploadId,
      MultipartUpload: {
        Parts: this.parts.map(({ digest, eTag }, index) => ({
          PartNumber: index + 1, ETag: eTag, ...(!this.own && this.stated(digest.toString('base64'))),
        })),
      },
      // S3 compares a checksum of the whole bytes itself; a composite one follows from the parts'.
      ...(!this.own && type === 'FULL_OBJECT' && { ChecksumType: type, ...this.stated(checksum.value) }),
      ...await this.condition(),
    });
    const answer = await this.context.client.send(command, { abortSignal: this.stop.signal })
      .catch(async (error) => this.ownOr(error, checksum, this.own && ofParts));
    return this.landed(checksum, answer);
  }

  /** Members of the last request, by which S3 refuses to replace what may not be replaced (its "conditional writes"). */
  private async condition(): Promise<{ readonly IfNoneMatch?: string; readonly IfMatch?: string }> {
    const { replace } = this.header;
    if (replace === undefined) return {};
    const found = replace === 'never' ? undefined : await this.head();
    if (replace === 'never' || found?.ETag === undefined) return { IfNoneMatch: '*' };
    await replace();
    return { IfMatch: found.ETag };
  }

  /**
   * A retry after a lost answer finds its upload gone, or the key taken: the object itself tells whether the first try made it.
   *
   * @param eTag of the bytes sent, where the store has no checksum
   * @throws the error; LegacyToS3Error of code TARGET_OCCUPIED where other bytes are under the key
   */
  private async ownOr(error: unknown, checksum: Checksum, eTag: string | undefined): Promise<Finished> {
    const { name = '', $metadata } = error as { readonly name?: string; readonly $metadata?: { readonly httpStatusCode?: number } };
    const isGone = name === 'NoSuchUpload';
    const refused = this.header.replace !== undefined && (isGone || REFUSALS.has(name) || [409, 412].includes($metadata?.httpStatusCode ?? 0));
    if (!isGone && !refused) throw error;
    const head = await this.head();
    if (head && (this.own ? withoutQuotes(head.ETag) === eTag : head[this.member] === checksum.value)) return head;
    if (!refused) throw error;
    throw new LegacyToS3Error('TARGET_OCCUPIED', isGone
      ? `cannot write ${this.url}: somebody has given its upload up` : `cannot write ${this.url}: another writer's object is there, or was until now, and is not replaced`, { cause: error });
  }

  /** Compares S3's checksum with ours; an object that differs is deleted again. */
  private async landed(checksum: Checksum, answer: Finished): Promise<LandedObject> {
    const landed = { key: this.header.key, sizeBytes: this.queue.totalBytes, checksum, eTag: withoutQuotes(answer.ETag) };
    if (this.own) {
      const sizeBytes = (await this.head())?.ContentLength;
      this.finished = true;
      if (sizeBytes === undefined || sizeBytes === landed.sizeBytes) return landed;
      await this.withdraw(answer.VersionId);
      throw new LegacyToS3Error('CHECKSUM_MISMATCH', `the store has ${sizeBytes} bytes of ${this.url}, ${landed.sizeBytes} were sent`);
    }
    const answered = answer[this.member] ?? (await this.head())?.[this.member];
    this.finished = true;
    if (answered !== checksum.value) {
      await this.withdraw(answer.VersionId);
      throw new LegacyToS3Error('CHECKSUM_MISMATCH', answered === undefined
        ? `the store states no ${checksum.algorithm} checksum of ${this.url}, so that it cannot be proven; for a store that keeps none choose checksum NONE`
        : `S3 states checksum ${answered} of ${this.url}, the bytes sent have ${checksum.value}`);
    }
    return landed;
  }

  /** A role that may destroy no version may hide it: what differs must not be read as the object. */
  private async withdraw(VersionId: string | undefined): Promise<void> {
    const { client } = this.context;
    const hide = async () => client.send(new DeleteObjectCommand(this.owned));
    const destroyed = VersionId === undefined ? hide() : client.send(new DeleteObjectCommand({ ...this.owned, VersionId })).catch(hide);
    await destroyed.catch(() => undefined);
  }

  private async head(): Promise<Finished | undefined> {
    return this.context.client.send(new HeadObjectCommand({ ...this.owned, ...(!this.own && { ChecksumMode: 'ENABLED' }) })).catch(() => undefined);
  }
}

/** S3's answers to a condition that does not hold; the last where the object to replace is gone. */
const REFUSALS: ReadonlySet<string> = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);

/** The ETag of an object of one PutObject, of which the store checks the MD5. */
function md5Of(digest: Buffer): string {
  return digest.toString('hex');
}

function withoutQuotes(eTag: string | undefined): string | undefined {
  return eTag?.replace(/^"|"$/g, '');
}
