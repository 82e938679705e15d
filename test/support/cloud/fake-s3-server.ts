import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Crc32, Crc64NvmeJs } from '@aws-sdk/checksums/crc';

/** A request as it arrived. */
export interface RecordedRequest {
  /** S3's name for the operation, for example `UploadPart`. */
  readonly operation: string;
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly partNumber?: number;
  readonly versionId?: string;
}

/** What a test wants instead of the right answer. */
export type Fault =
  | { readonly status: number; readonly code: string }
  /** The answer comes late. */
  | { readonly delayMs: number }
  /** The answer never comes. */
  | 'hang'
  /** The operation takes place, but its answer is cut off. */
  | 'lost-answer'
  /** The operation takes place, but its answer never comes. */
  | 'hang-after'
  /** The answer states another checksum. */
  | 'wrong-checksum'
  /** The answer states no checksum. */
  | 'no-checksum';

/** A promise holds the request back, as a network or a process that stands still does, and then says the fault if there is one. */
type FaultFor = (request: RecordedRequest) => Fault | undefined | Promise<void>;

type KeyFault = (key: string) => string | undefined;

const noFault = () => undefined;

interface StoredObject {
  readonly body: Buffer;
  readonly checksum: string;
  readonly algorithm: Algorithm;
  readonly headers: IncomingMessage['headers'];
  readonly eTag: string;
}

interface Upload {
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
  readonly parts: Map<number, Buffer>;
}

type Algorithm = 'sha256' | 'crc64nvme';

/** Keys of a page of a listing, and of a DeleteObjects. */
const MOST_KEYS = 1000;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes);

/** The S3 operations that landing uses, path-style on loopback, with SHA-256 and CRC64NVME checked as S3 documents them. */
export class FakeS3Server {
  public static async start(bucket: string): Promise<FakeS3Server> {
    const fake = new FakeS3Server(bucket);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  public readonly requests: RecordedRequest[] = [];
  public readonly objects = new Map<string, StoredObject>();
  /** Uploads neither completed nor aborted. */
  public readonly uploads = new Map<string, Upload>();
  /** Asked for each request; an answer replaces the right one. */
  public fault: FaultFor = noFault;
  /** Asked for each key of a DeleteObjects; an answer is the code of that key's error. */
  public keyFault: KeyFault = noFault;
  /** Whether a put answers with the id of a version; there is one a key nevertheless. */
  public versioned = false;
  /** Whether it knows no checksums but Content-MD5, as stores of before 2022. */
  public plain = false;
  private readonly server: Server;

  private constructor(private readonly bucket: string) {
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public operations(): string[] {
    return this.requests.map(({ operation }) => operation);
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of message) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const url = new URL(message.url ?? '/', 'http://host');
    const [, bucket, ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const partNumber = Number(url.searchParams.get('partNumber')) || undefined;
    const operation = operationOf(message.method ?? '', key, url.searchParams);
    const request: RecordedRequest = { operation, key, headers: message.headers, body: Buffer.concat(chunks), partNumber, versionId: url.searchParams.get('versionId') ?? undefined };
    this.requests.push(request);
    const fault = await this.fault(request) ?? undefined;
    if (fault === 'hang') return;
    if (typeof fault === 'object' && 'delayMs' in fault) await delay(fault.delayMs);
    else if (typeof fault === 'object') return fail(response, fault.status, fault.code, message.method === 'HEAD');
    if (bucket !== this.bucket) return fail(response, 404, 'NoSuchBucket', message.method === 'HEAD');
    await this.answer(request, url.searchParams, response, fault);
  }

  private async answer(request: RecordedRequest, query: URLSearchParams, response: ServerResponse, fault?: Fault): Promise<void> {
    const uploadId = query.get('uploadId') ?? '';
    const prefix = query.get('prefix') ?? '';
    const { key, body, headers, operation, partNumber } = request;
    const state = (checksum: string) => (fault === 'wrong-checksum' ? sha256(Buffer.from('other')).digest('base64') : fault === 'no-checksum' || this.plain ? undefined : checksum);
    const send = (status: number, extra: Record<string, string | undefined>, text = '') => {
      if (fault === 'lost-answer') return void response.destroy();
      if (fault === 'hang-after') return;
      for (const [name, value] of Object.entries(extra)) if (value !== undefined) response.setHeader(name, value);
      response.writeHead(status).end(text);
    };
    const upload = this.uploads.get(uploadId);
    const algorithm: Algorithm = (upload?.headers['x-amz-checksum-algorithm'] ?? '') === 'CRC64NVME' || headers['x-amz-checksum-crc64nvme'] ? 'crc64nvme' : 'sha256';
    const checked = headers[`x-amz-checksum-${algorithm}`];
    const ownChecksum = (await digestOf(algorithm, body)).toString('base64');
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: 404 where there is nothing to match.
    const [ifNone, ifMatch] = [headers['if-none-match'], headers['if-match']];
    const there = this.objects.get(key);
    const refuses = ifNone === '*' && there !== undefined || ifMatch !== undefined && there !== undefined && there.eTag !== ifMatch;
    const md5 = headers['content-md5'];
    if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) return fail(response, 400, 'BadDigest');
    if (checked && operation !== 'CompleteMultipartUpload' && ownChecksum !== checked) return fail(response, 400, 'BadDigest');
    switch (operation) {
      case 'HeadBucket': return send(200, {});
      case 'ListObjectsV2': {
        const after = query.get('continuation-token') ?? '';
        const keys = [...this.objects.keys()].filter((each) => each.startsWith(prefix) && each > after).sort();
        const page = keys.slice(0, Math.min(MOST_KEYS, Number(query.get('max-keys') ?? MOST_KEYS)));
        const more = page.length < keys.length;
        return send(200, {}, `<ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${xml(page.at(-1)!)}</NextContinuationToken>` : ''}`
          + `${page.map((each) => `<Contents><Key>${xml(each)}</Key></Contents>`).join('')}</ListBucketResult>`);
      }
      case 'ListMultipartUploads': {
        const open = [...this.uploads].filter(([, each]) => each.key.startsWith(prefix));
        return send(200, {}, `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${open.map(([id, each]) =>
          `<Upload><Key>${xml(each.key)}</Key><UploadId>${id}</UploadId></Upload>`).join('')}</ListMultipartUploadsResult>`);
      }
      case 'GetObject': {
        const object = this.objects.get(key);
        if (!object) return fail(response, 404, 'NoSuchKey');
        return void response.writeHead(200, { 'content-length': object.body.length }).end(object.body);
      }
      case 'PutObject': {
        if (refuses) return fail(response, 412, 'PreconditionFailed');
        if (ifMatch !== undefined && !there) return fail(response, 404, 'NoSuchKey');
        const eTag = `"${createHash('md5').update(body).digest('hex')}"`;
        this.objects.set(key, { body, checksum: ownChecksum, algorithm, headers, eTag });
        return send(200, { 'etag': eTag, [`x-amz-checksum-${algorithm}`]: state(ownChecksum), 'x-amz-version-id': this.versioned ? 'v1' : undefined });
      }
      case 'CreateMultipartUpload': {
        const id = randomUUID();
        this.uploads.set(id, { key, headers, parts: new Map() });
        return send(200, {}, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
      }
      case 'UploadPart':
        if (!upload) return fail(response, 404, 'NoSuchUpload');
        upload.parts.set(partNumber as number, body);
        return send(200, { etag: `"part-${partNumber}"`, [`x-amz-checksum-${algorithm}`]: state(ownChecksum) });
      case 'CompleteMultipartUpload': {
        if (!upload) return fail(response, 404, 'NoSuchUpload');
        const named = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
          number: Number(/<PartNumber>(\d+)/.exec(part)?.[1]), checksum: /<Checksum(?:SHA256|CRC64NVME)>([^<]+)/.exec(part)?.[1],
        }));
        const parts = named.map(({ number }) => upload.parts.get(number) ?? Buffer.alloc(0));
        const digests = await Promise.all(parts.map((part) => digestOf(algorithm, part)));
        if (!this.plain && named.some(({ checksum }, index) => checksum !== digests[index].toString('base64'))) return fail(response, 400, 'InvalidPart');
        const whole = Buffer.concat(parts);
        const checksum = algorithm === 'sha256'
          ? `${sha256(Buffer.concat(digests)).digest('base64')}-${parts.length}`
          : (await digestOf(algorithm, whole)).toString('base64');
        if (checked && checked !== checksum) return fail(response, 400, 'BadDigest');
        if (refuses) return fail(response, 412, 'PreconditionFailed');
        if (ifMatch !== undefined && !there) return fail(response, 404, 'NoSuchKey');
        this.uploads.delete(uploadId);
        this.objects.set(key, { body: whole, checksum, algorithm, headers: upload.headers, eTag: '"whole"' });
        const stated = state(checksum);
        return send(200, {}, '<CompleteMultipartUploadResult><ETag>&quot;whole&quot;</ETag>'
          + `${stated ? `<Checksum${algorithm.toUpperCase()}>${stated}</Checksum${algorithm.toUpperCase()}>` : ''}</CompleteMultipartUploadResult>`);
      }
      case 'AbortMultipartUpload':
        if (!this.uploads.delete(uploadId)) return fail(response, 404, 'NoSuchUpload');
        return send(204, {});
      case 'HeadObject': {
        const object = this.objects.get(key);
        if (!object) return fail(response, 404, 'NotFound', true);
        return send(200, { 'content-length': String(object.body.length), 'etag': object.eTag, [`x-amz-checksum-${object.algorithm}`]: state(object.checksum) });
      }
      case 'DeleteObject':
        this.objects.delete(key);
        return send(204, {});
      case 'DeleteObjects': {
        const crc32 = headers['x-amz-checksum-crc32'];
        if (md5 === undefined && (this.plain || crc32 === undefined)) return fail(response, 400, 'InvalidRequest');
        if (crc32 !== undefined && !this.plain && await crc32Of(body) !== crc32) return fail(response, 400, 'BadDigest');
        const named = [...body.toString().matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, each]) => unxml(each));
        if (named.length > MOST_KEYS) return fail(response, 400, 'MalformedXML');
        const refused = named.flatMap((each) => {
          const error = this.keyFault(each);
          if (error === undefined) this.objects.delete(each);
          return error === undefined ? [] : [`<Error><Key>${xml(each)}</Key><Code>${error}</Code><Message>${error} as asked for by the test</Message></Error>`];
        });
        return send(200, {}, `<DeleteResult>${refused.join('')}</DeleteResult>`);
      }
      default: return fail(response, 501, 'NotImplemented');
    }
  }
}

async function digestOf(algorithm: Algorithm, bytes: Uint8Array): Promise<Buffer> {
  if (algorithm === 'sha256') return sha256(bytes).digest();
  const crc = new Crc64NvmeJs();
  crc.update(bytes);
  return Buffer.from(await crc.digest());
}

function operationOf(method: string, key: string, query: URLSearchParams): string {
  const upload = query.has('uploadId');
  if (key === '' && method === 'GET') return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2';
  if (key === '' && method === 'POST') return query.has('delete') ? 'DeleteObjects' : 'Unknown';
  if (key === '') return method === 'HEAD' ? 'HeadBucket' : 'Unknown';
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'PUT') return upload ? 'UploadPart' : 'PutObject';
  if (method === 'DELETE') return upload ? 'AbortMultipartUpload' : 'DeleteObject';
  return method === 'HEAD' ? 'HeadObject' : method === 'GET' ? 'GetObject' : 'Unknown';
}

/** Base64 of the four bytes, greatest first. */
async function crc32Of(bytes: Uint8Array): Promise<string> {
  const crc = new Crc32();
  crc.update(bytes);
  return Buffer.from(await crc.digest()).toString('base64');
}

function unxml(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&apos;/g, '\'').replace(/&amp;/g, '&');
}

function xml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}

function fail(response: ServerResponse, status: number, code: string, head = false): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(head ? '' : `<Error><Code>${code}</Code><Message>${code} as asked for by the test</Message></Error>`);
}
