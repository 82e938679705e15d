import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand,
  HeadObjectCommand, PutObjectCommand, UploadPartCommand, type S3Client,
} from '@aws-sdk/client-s3';
import { CHECKSUM_SCHEMES, fullObject, type ChecksumMembers, type ChecksumScheme, type PartChecksum } from './checksum-schemes';
import { abortUploads, MAX_PARTS, partBytes } from './multipart-upload';
import { toS3Error } from './s3-errors';
import { toUserMetadata, type Checksum, type ChecksumAlgorithm } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { LandedObject, ObjectHeader, ObjectWriter } from '../target/landing-target';
import { PartQueue, type BufferPool } from '../target/part-queue';

/** What every object of a target shares. */
export interface S3WriterContext {
  readonly client: S3Client;
  readonly bucket: string;
  readonly pool: BufferPool;
  readonly partsInFlight: number;
  readonly kmsKeyId?: string;
  readonly expectedBucketOwner?: string;
  readonly checksum: ChecksumAlgorithm;
}

/** S3's answer to a finished object. */
interface Finished extends ChecksumMembers {
  readonly ETag?: string;
  readonly VersionId?: string;
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
  private upload?: Promise<string>;
  private aborted?: Promise<void>;
  private finished = false;

  public constructor(private readonly header: ObjectHeader, private readonly context: S3WriterContext) {
    this.checksum = CHECKSUM_SCHEMES[context.checksum];
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
    const { kmsKeyId } = this.context;
    return {
      ...this.owned,
      ContentType: this.header.contentType,
      ContentEncoding: this.header.contentEncoding,
      Metadata: toUserMetadata(this.header.metadata),
      ...(kmsKeyId && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: true }),
    };
  }

  private get member(): keyof ChecksumMembers {
    return `Checksum${this.checksum.algorithm}`;
  }

  private stated(value: string): ChecksumMembers {
    return { [this.member]: value };
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
    const checksum = fullObject(this.checksum, await this.checksum.digest(body));
    const command = new PutObjectCommand({ ...this.described, Body: body, ...this.stated(checksum.value) });
    const answer = await this.context.client.send(command, { abortSignal: this.stop.signal });
    this.queue.release();
    return this.landed(checksum, answer);
  }

  private async uploadPart(part: Buffer, index: number): Promise<void> {
    if (index >= MAX_PARTS) {
      throw new LegacyToS3Error('TARGET_WRITE_FAILED', `${this.url} would need more than ${MAX_PARTS} parts; lower targetFileBytes`);
    }
    const digest = await this.checksum.digest(part);
    try {
      const { ETag } = await this.context.client.send(new UploadPartCommand({
        ...this.owned,
        UploadId: await this.startUpload(),
        PartNumber: index + 1,
        Body: part,
        ...this.stated(digest.toString('base64')),
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
    const { UploadId, $metadata } = await client.send(new CreateMultipartUploadCommand({ ...this.described, ChecksumAlgorithm, ChecksumType }));
    // The answer to a try before this one may have been lost, and with it the id of an upload that nobody would complete.
    if (($metadata.attempts ?? 1) > 1) await abortUploads(this.context, this.header.key, UploadId).catch(() => undefined);
    return UploadId as string;
  }

  private async completeUpload(): Promise<LandedObject> {
    await this.queue.finish();
    const UploadId = await this.startUpload();
    const { algorithm, multipartType: type } = this.checksum;
    const checksum: Checksum = { algorithm, type, value: this.checksum.ofParts(this.parts) };
    const command = new CompleteMultipartUploadCommand({
      ...this.owned,
      UploadId,
      MultipartUpload: {
        Parts: this.parts.map(({ digest, eTag }, index) => ({
          PartNumber: index + 1, ETag: eTag, ...this.stated(digest.toString('base64')),
        })),
      },
      // S3 compares a checksum of the whole bytes itself; a composite one follows from the parts'.
      ...(type === 'FULL_OBJECT' && { ChecksumType: type, ...this.stated(checksum.value) }),
    });
    const answer = await this.context.client.send(command, { abortSignal: this.stop.signal }).catch(async (error) => {
      // A retry after a lost answer finds the upload gone: the object itself tells whether the first try made it.
      if (error?.name !== 'NoSuchUpload') throw error;
      const head = await this.head();
      if (head?.[this.member] !== checksum.value) throw error;
      return head;
    });
    return this.landed(checksum, answer);
  }

  /** Compares S3's checksum with ours; an object that differs is deleted again. */
  private async landed(checksum: Checksum, answer: Finished): Promise<LandedObject> {
    const answered = answer[this.member] ?? (await this.head())?.[this.member];
    this.finished = true;
    if (answered !== checksum.value) {
      await this.withdraw(answer.VersionId);
      throw new LegacyToS3Error('CHECKSUM_MISMATCH', answered === undefined
        ? `the store states no ${checksum.algorithm} checksum of ${this.url}, so that it cannot be proven`
        : `S3 states checksum ${answered} of ${this.url}, the bytes sent have ${checksum.value}`);
    }
    return { key: this.header.key, sizeBytes: this.queue.totalBytes, checksum, eTag: answer.ETag?.replace(/^"|"$/g, '') };
  }

  /** A role that may destroy no version may hide it: what differs must not be read as the object. */
  private async withdraw(VersionId: string | undefined): Promise<void> {
    const { client } = this.context;
    const hide = async () => client.send(new DeleteObjectCommand(this.owned));
    const destroyed = VersionId === undefined ? hide() : client.send(new DeleteObjectCommand({ ...this.owned, VersionId })).catch(hide);
    await destroyed.catch(() => undefined);
  }

  private async head(): Promise<Finished | undefined> {
    return this.context.client.send(new HeadObjectCommand({ ...this.owned, ChecksumMode: 'ENABLED' })).catch(() => undefined);
  }
}
