import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, ListObjectsV2Command,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import type { ChecksumChoice } from './checksum-schemes';
import { encryptionOf, type EncryptionOptions } from './encryption';
import { abortUploads, unlessGone } from './multipart-upload';
import { createS3Client, type S3ClientOptions } from './s3-client';
import { toS3Error } from './s3-errors';
import { S3ObjectWriter, type S3WriterContext } from './s3-object-writer';
import { parseS3Url } from './s3-url';
import { normalizePrefix, RUNS_FOLDER } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { LandingTarget, ObjectHeader, ObjectPart, ObjectWriter, StoredObject } from '../target/landing-target';
import { BufferPool } from '../target/part-queue';

export interface S3TargetOptions extends S3ClientOptions, EncryptionOptions {
  /** `s3://bucket/prefix` */
  readonly url: string;
  /** Account that must own the bucket. */
  readonly expectedBucketOwner?: string;
  /** Of each object. Default SHA256. */
  readonly checksum?: ChecksumChoice;
  /** Objects written at the same time; sizes the pool of part buffers. Default 2. */
  readonly writers?: number;
}

/** Parts of one object on their way at the same time. */
const PARTS_IN_FLIGHT = 3;

/** A bucket and prefix. */
export class S3Target implements LandingTarget {
  public readonly prefix: string;
  public readonly url: string;
  private readonly bucket: string;
  private readonly context: S3WriterContext;

  public constructor(options: S3TargetOptions) {
    const place = parseS3Url(options.url);
    if (!place) throw new LegacyToS3Error('INVALID_CONFIG', `target '${options.url}' is not of the form s3://bucket/prefix`);
    this.bucket = place.bucket;
    this.prefix = normalizePrefix(place.prefix);
    this.url = `s3://${this.bucket}/${this.prefix}`;
    this.context = {
      client: createS3Client({ ...options, region: options.region ?? place.region }),
      bucket: this.bucket,
      pool: new BufferPool((options.writers ?? 2) * (PARTS_IN_FLIGHT + 2)),
      partsInFlight: PARTS_IN_FLIGHT,
      encryption: encryptionOf(options),
      expectedBucketOwner: options.expectedBucketOwner,
      checksum: options.checksum ?? 'SHA256',
    };
  }

  /**
   * Asks for the bucket, then starts and aborts a multipart upload, which needs the very permissions that landing does
   * and leaves no object. A role without s3:ListBucket may not ask for the bucket and is let through to the second.
   */
  public async check(): Promise<void> {
    const { client, bucket, expectedBucketOwner, encryption } = this.context;
    const request = { Bucket: bucket, ExpectedBucketOwner: expectedBucketOwner };
    try {
      await client.send(new HeadBucketCommand(request));
    } catch (error) {
      const reason = toS3Error(error, `reach ${this.url}`, bucket);
      if (reason.code !== 'TARGET_ACCESS_DENIED' || (error as Error).name === 'CredentialsProviderError') throw reason;
    }
    try {
      const probe = { ...request, Key: `${this.prefix}${RUNS_FOLDER}/write-check` };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...probe, ...encryption }));
      await client.send(new AbortMultipartUploadCommand({ ...probe, UploadId })).catch(unlessGone);
      // A process that was killed right here has left its upload. A role that may not list uploads leaves it to a lifecycle rule.
      await abortUploads(this.context, probe.Key).catch(() => undefined);
    } catch (error) {
      throw toS3Error(error, `write to ${this.url}`, bucket);
    }
  }

  public open(header: ObjectHeader): ObjectWriter {
    return new S3ObjectWriter(header, this.context);
  }

  public async has(key: string): Promise<boolean> {
    const { client, bucket, expectedBucketOwner } = this.context;
    try {
      // HeadObject would need s3:GetObject.
      const { Contents = [] } = await client.send(new ListObjectsV2Command({
        Bucket: bucket, Prefix: key, MaxKeys: 1, ExpectedBucketOwner: expectedBucketOwner,
      }));
      return Contents.some(({ Key }) => Key === key);
    } catch (error) {
      throw toS3Error(error, `look for s3://${bucket}/${key}`, bucket);
    }
  }

  public async remove(key: string): Promise<void> {
    const { client, bucket, expectedBucketOwner } = this.context;
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: expectedBucketOwner }))
      .catch((error: unknown) => { throw toS3Error(error, `delete s3://${bucket}/${key}`, bucket); });
  }

  public async read(key: string): Promise<StoredObject | undefined> {
    const { client, bucket, expectedBucketOwner, checksum } = this.context;
    const failed = (error: unknown) => toS3Error(error, `read s3://${bucket}/${key}`, bucket, 's3:GetObject and kms:Decrypt');
    try {
      const { ContentLength, ChecksumSHA256, ChecksumCRC64NVME, Body } = await client.send(new GetObjectCommand({
        Bucket: bucket, Key: key, ...(checksum !== 'NONE' && { ChecksumMode: 'ENABLED' }), ExpectedBucketOwner: expectedBucketOwner,
      }));
      const stated = ChecksumSHA256 ?? ChecksumCRC64NVME;
      return { sizeBytes: ContentLength ?? 0, ...(stated !== undefined && { checksum: stated }), body: bytesOf(Body as Readable, failed) };
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw failed(error);
    }
  }

  public async readPart(key: string, from: number, size: number): Promise<ObjectPart | undefined> {
    const { client, bucket, expectedBucketOwner } = this.context;
    const Range = from < 0 ? `bytes=-${size}` : `bytes=${from}-${from + size - 1}`;
    try {
      const { Body, ContentRange, ContentLength } = await client.send(new GetObjectCommand({
        Bucket: bucket, Key: key, Range, ExpectedBucketOwner: expectedBucketOwner,
      }));
      const bytes = Buffer.from(await Body!.transformToByteArray());
      // Where the range is the whole object some stores answer without one.
      return { bytes, sizeBytes: Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? ContentLength ?? bytes.length) };
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw toS3Error(error, `read s3://${bucket}/${key}`, bucket, 's3:GetObject and kms:Decrypt');
    }
  }

  public async list(folder: string): Promise<string[]> {
    const { client, bucket, expectedBucketOwner } = this.context;
    const request = { Bucket: bucket, Prefix: folder, ExpectedBucketOwner: expectedBucketOwner };
    const keys: string[] = [];
    try {
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, request)) {
        for (const { Key } of Contents) keys.push(Key!);
      }
    } catch (error) {
      throw toS3Error(error, `list s3://${bucket}/${folder}`, bucket, 's3:ListBucket');
    }
    return keys;
  }

  public async sweep(folder: string, keep: ReadonlySet<string>): Promise<void> {
    const { bucket } = this.context;
    try {
      // First: what is completed at this moment is listed below.
      await abortUploads(this.context, folder);
    } catch (error) {
      throw toS3Error(error, `clean up s3://${bucket}/${folder}`, bucket);
    }
    for (const key of await this.list(folder)) if (!keep.has(key)) await this.remove(key);
  }

  public async close(): Promise<void> {
    this.context.client.destroy();
  }
}

async function* bytesOf(body: Readable, failed: (error: unknown) => LegacyToS3Error): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of body) yield bytes as Uint8Array;
  } catch (error) {
    throw failed(error);
  }
}
