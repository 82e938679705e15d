import {
  DeleteObjectsCommand, GetBucketVersioningCommand, GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client, S3ServiceException,
} from '@aws-sdk/client-s3';
import { canonicalUri, ListedFile, TableFiles } from './table-files';

/** Keys that one request deletes (S3, "DeleteObjects"). */
const DELETE_BATCH = 1000;

/** Files in S3. */
export class S3Files implements TableFiles {
  public constructor(private readonly s3: S3Client) {}

  public async read(uri: string): Promise<Buffer | undefined> {
    return unlessMissing(async () => {
      const { Body } = await this.s3.send(new GetObjectCommand(place(uri)));
      return Buffer.from(await Body!.transformToByteArray());
    });
  }

  public async readEnd(uri: string, bytes: number): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined> {
    return unlessMissing(async () => {
      const answer = await this.s3.send(new GetObjectCommand({ ...place(uri), Range: `bytes=-${bytes}` })).catch(unlessEmpty);
      if (!answer) return { end: Buffer.alloc(0), sizeBytes: 0 };
      const { Body, ContentRange, ContentLength } = answer;
      const end = Buffer.from(await Body!.transformToByteArray());
      // Where the range is the whole object some stores answer without one.
      return { end, sizeBytes: Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? ContentLength ?? end.length) };
    });
  }

  public async readRange(uri: string, from: number, bytes: number): Promise<Buffer | undefined> {
    if (bytes === 0) return Buffer.alloc(0);
    return unlessMissing(async () => {
      const { Body } = await this.s3.send(new GetObjectCommand({ ...place(uri), Range: `bytes=${from}-${from + bytes - 1}` }));
      return Buffer.from(await Body!.transformToByteArray());
    });
  }

  public async create(uri: string, bytes: Buffer | string): Promise<boolean> {
    try {
      await this.s3.send(new PutObjectCommand({ ...place(uri), Body: bytes, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return false;
      throw error;
    }
  }

  public async replace(uri: string, bytes: Buffer | string): Promise<void> {
    await this.s3.send(new PutObjectCommand({ ...place(uri), Body: bytes }));
  }

  public async delete(uris: readonly string[]): Promise<void> {
    const byBucket = new Map<string, string[]>();
    for (const uri of uris) {
      const { Bucket, Key } = place(uri);
      byBucket.set(Bucket, [...byBucket.get(Bucket) ?? [], Key]);
    }
    for (const [Bucket, keys] of byBucket) {
      for (let from = 0; from < keys.length; from += DELETE_BATCH) {
        const Objects = keys.slice(from, from + DELETE_BATCH).map((Key) => ({ Key }));
        const { Errors } = await this.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
        if (Errors?.length) throw new Error(`S3 did not delete s3://${Bucket}/${Errors[0].Key}: ${Errors[0].Code}: ${Errors[0].Message}`);
      }
    }
  }

  public async list(uriPrefix: string): Promise<ListedFile[]> {
    const { Bucket, Key: Prefix } = place(uriPrefix);
    const files: ListedFile[] = [];
    for await (const { Contents } of paginateListObjectsV2({ client: this.s3 }, { Bucket, Prefix })) {
      for (const { Key, Size, LastModified } of Contents ?? []) files.push({ uri: `s3://${Bucket}/${Key}`, sizeBytes: Size!, modifiedAt: LastModified! });
    }
    return files;
  }

  public async keepsVersions(uri: string): Promise<boolean | undefined> {
    try {
      const { Status } = await this.s3.send(new GetBucketVersioningCommand({ Bucket: place(uri).Bucket }));
      return Status !== undefined;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403) return undefined;
      throw error;
    }
  }
}

function place(uri: string): { readonly Bucket: string; readonly Key: string } {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(canonicalUri(uri));
  if (!match) throw new Error(`expected s3://bucket/key, got '${uri}'`);
  return { Bucket: match[1], Key: match[2] };
}

/** An object without bytes has no last ones (S3, "GetObject", Range: 416). */
function unlessEmpty(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) return undefined;
  throw error;
}

async function unlessMissing<T>(answer: () => Promise<T>): Promise<T | undefined> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  }
}
