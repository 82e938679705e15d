import { createHash, getFips } from 'node:crypto';
import { DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { eachInFlight } from './in-flight';
import type { StateStore } from './state-store';
import type { encryptionOf } from '../landing/s3/encryption';
import { toS3Error } from '../landing/s3/s3-errors';

export interface S3StoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** With a trailing slash. */
  readonly prefix: string;
  /** Members of a request that makes an object; none by default. */
  readonly encryption?: ReturnType<typeof encryptionOf>;
  readonly expectedBucketOwner?: string;
}

/** Keys that a DeleteObjects may have (Amazon S3 API Reference, "DeleteObjects"). */
const MOST_DELETED = 1000;

/** Answers of a store that does not know DeleteObjects, or not as we ask. */
const NO_BATCHES: ReadonlySet<number | undefined> = new Set([400, 405, 501]);

/** Texts as objects; S3's conditional writes (If-None-Match) keep two writers apart. */
export class S3Store implements StateStore {
  public readonly url: string;

  private deletesBatches = true;

  public constructor(private readonly options: S3StoreOptions) {
    this.url = `s3://${options.bucket}/${options.prefix}`;
  }

  public async create(key: string, text: string): Promise<boolean> {
    try {
      await this.write(key, text, '*');
      return true;
    } catch (error) {
      const { name, $metadata } = error as { readonly name?: string; readonly $metadata?: { readonly httpStatusCode?: number } };
      // 409 is S3's answer to two conditional writes at the same time.
      if (name !== 'PreconditionFailed' && $metadata?.httpStatusCode !== 412 && $metadata?.httpStatusCode !== 409) throw this.failed(error, 'write', key);
      // A retry after a lost answer meets the object of its own first try.
      return (await this.read(key)) === text;
    }
  }

  public async put(key: string, text: string): Promise<void> {
    await this.write(key, text).catch((error: unknown) => { throw this.failed(error, 'write', key); });
  }

  public async read(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.options.client.send(new GetObjectCommand(this.named(key)));
      return await Body?.transformToString('utf8');
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw this.failed(error, 'read', key);
    }
  }

  public async list(prefix: string): Promise<string[]> {
    const { client, bucket, prefix: root, expectedBucketOwner } = this.options;
    const keys: string[] = [];
    try {
      for (let token: string | undefined, more = true; more;) {
        const page = await client.send(new ListObjectsV2Command({
          Bucket: bucket, Prefix: root + prefix, ContinuationToken: token, ExpectedBucketOwner: expectedBucketOwner,
        }));
        for (const { Key } of page.Contents ?? []) keys.push(Key!.slice(root.length));
        token = page.NextContinuationToken;
        more = page.IsTruncated === true && token !== undefined;
      }
    } catch (error) {
      throw this.failed(error, 'list', prefix);
    }
    return keys.sort();
  }

  /** An object is whole or not there. */
  public async leftovers(): Promise<string[]> {
    return [];
  }

  public async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += MOST_DELETED) {
      const batch = keys.slice(at, at + MOST_DELETED);
      // What a batch leaves is asked for again by itself: it is tried again where that helps, and else says what is wrong.
      const left = batch.length > 1 && this.deletesBatches ? await this.removeBatch(batch) : batch;
      await eachInFlight(left, async (key) => {
        await this.options.client.send(new DeleteObjectCommand(this.named(key))).catch((error: unknown) => { throw this.failed(error, 'delete', key); });
      });
    }
  }

  /** @returns the keys that are not deleted */
  private async removeBatch(keys: readonly string[]): Promise<readonly string[]> {
    const { client, bucket, prefix, expectedBucketOwner } = this.options;
    const command = new DeleteObjectsCommand({
      Bucket: bucket, ExpectedBucketOwner: expectedBucketOwner, Delete: { Objects: keys.map((key) => ({ Key: prefix + key })), Quiet: true },
    });
    if (getFips() === 0) signWithMd5(command);
    try {
      const { Errors = [] } = await client.send(command);
      const failed = new Set(Errors.map(({ Key }) => Key));
      // An error without a key is of all of them.
      return failed.has(undefined) ? keys : keys.filter((key) => failed.has(prefix + key));
    } catch (error) {
      const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
      if (!NO_BATCHES.has(status)) throw this.failed(error, 'delete', keys[0]);
      this.deletesBatches = false;
      return keys;
    }
  }

  private async write(key: string, text: string, ifNoneMatch?: string): Promise<void> {
    const { client, encryption } = this.options;
    await client.send(new PutObjectCommand({
      ...this.named(key),
      Body: text,
      ContentType: 'application/json',
      IfNoneMatch: ifNoneMatch,
      ...encryption,
    }));
  }

  private named(key: string) {
    const { bucket, prefix, expectedBucketOwner } = this.options;
    return { Bucket: bucket, Key: prefix + key, ExpectedBucketOwner: expectedBucketOwner };
  }

  private failed(error: unknown, verb: string, key: string) {
    return toS3Error(error, `${verb} the checkpoint ${this.url}${key}`, this.options.bucket);
  }
}

/** Stores that know no other checksum demand Content-MD5 of a DeleteObjects; the SDK gives it a CRC32, which is S3's demand. */
function signWithMd5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add((next) => (args) => {
    const { headers, body } = args.request as { readonly headers: Record<string, string>; readonly body: string | Uint8Array };
    headers['content-md5'] = createHash('md5').update(body).digest('base64');
    return next(args);
  }, { step: 'build', name: 'signWithMd5' });
}
