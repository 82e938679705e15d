import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { S3Target, type S3TargetOptions } from '../../../../src/extractor/landing/s3/s3-target';
import type { ObjectHeader } from '../../../../src/extractor/landing/target/landing-target';
import { openStore } from '../../../../src/extractor/state/open-store';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const HEADER: ObjectHeader = {
  key: 'landing/database=Ledger/part-00000-0000.csv',
  contentType: 'text/csv; charset=utf-8',
  metadata: { runId: 'r1', table: 'Größe', part: '00000-0000' },
};

let server: FakeS3Server;
let targets: S3Target[];
const environment = { ...process.env };

beforeEach(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  server = await FakeS3Server.start('bucket');
  targets = [];
});

afterEach(async () => {
  for (const target of targets) await target.close();
  await server.stop();
  process.env = { ...environment };
});

function open(options: Partial<S3TargetOptions> = {}): S3Target {
  const target = new S3Target({ url: 's3://bucket/landing', endpointUrl: server.endpoint, maxAttempts: 1, ...options });
  targets.push(target);
  return target;
}

function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE((at * 2654435761) % 2 ** 32, at);
  return bytes;
}

describe('an object that fits into one part', () => {
  test('is one PutObject with the full SHA-256, which also signs it', async () => {
    const writer = open().open(HEADER);
    const body = Buffer.from('a,b\n1,2\n');
    await writer.write(body.subarray(0, 3));
    await writer.write(body.subarray(3));
    const landed = await writer.complete();
    expect(server.operations()).toEqual(['PutObject']);
    const [{ headers }] = server.requests;
    expect(headers['x-amz-checksum-sha256']).toBe(sha256(body).toString('base64'));
    expect(headers['x-amz-content-sha256']).toBe(sha256(body).toString('hex'));
    expect(Object.keys(headers).filter((name) => name.includes('crc'))).toEqual([]);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(headers['x-amz-meta-run-id']).toBe('r1');
    expect(headers['x-amz-meta-table']).toBe('Gr%C3%B6%C3%9Fe');
    expect(landed).toEqual({
      key: HEADER.key,
      sizeBytes: body.length,
      checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: sha256(body).toString('base64') },
      eTag: createHash('md5').update(body).digest('hex'),
    });
  });

  test('may be empty', async () => {
    const landed = await open().open(HEADER).complete();
    expect(landed.sizeBytes).toBe(0);
    expect(server.objects.get(HEADER.key)?.body.length).toBe(0);
  });

  test('takes bytes before the call returns, so that the caller may reuse its buffer', async () => {
    const writer = open().open(HEADER);
    const buffer = Buffer.from('first');
    await writer.write(buffer);
    buffer.fill(0);
    await writer.complete();
    expect(server.objects.get(HEADER.key)?.body.toString()).toBe('first');
  });
});

describe('an object of several parts', () => {
  const body = bytesOf(20 * MIB + 4);

  async function upload(target = open(), step = 3 * MIB + 1) {
    const writer = target.open(HEADER);
    try {
      for (let at = 0; at < body.length; at += step) await writer.write(body.subarray(at, at + step));
      return await writer.complete();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  test('goes out in parts of 8 MiB, each with its SHA-256, and states the composite checksum', async () => {
    const landed = await upload();
    const parts = server.requests.filter(({ operation }) => operation === 'UploadPart').sort((a, b) => a.partNumber! - b.partNumber!);
    expect(parts.map((part) => part.body.length)).toEqual([8 * MIB, 8 * MIB, 4 * MIB + 4]);
    for (const part of parts) {
      expect(part.headers['x-amz-checksum-sha256']).toBe(sha256(part.body).toString('base64'));
      expect(part.headers['x-amz-content-sha256']).toBe(sha256(part.body).toString('hex'));
    }
    const create = server.requests.find(({ operation }) => operation === 'CreateMultipartUpload');
    expect(create?.headers).toMatchObject({ 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'COMPOSITE', 'x-amz-meta-run-id': 'r1' });
    const composite = `${sha256(Buffer.concat(parts.map((part) => sha256(part.body)))).toString('base64')}-3`;
    expect(landed).toMatchObject({ sizeBytes: body.length, eTag: 'whole', checksum: { algorithm: 'SHA256', type: 'COMPOSITE', value: composite } });
    expect(server.objects.get(HEADER.key)?.body.equals(body)).toBe(true);
    expect(server.uploads.size).toBe(0);
  });

  test('takes all bytes in one call', async () => {
    await upload(open(), body.length);
    expect(server.objects.get(HEADER.key)?.body.equals(body)).toBe(true);
  });

  test('has at most three parts on their way, and then asks the caller to wait', async () => {
    const writer = open().open(HEADER);
    server.fault = ({ operation }) => (operation === 'UploadPart' ? 'hang' : undefined);
    const block = bytesOf(8 * MIB);
    expect([0, 1, 2].map(() => writer.write(block))).toEqual([undefined, undefined, undefined]);
    const blocked = writer.write(block);
    expect(blocked).toBeInstanceOf(Promise);
    const parts = () => server.operations().filter((operation) => operation === 'UploadPart').length;
    while (parts() < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(parts()).toBe(3);
    const outcome = expect(blocked).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await writer.abort();
    await outcome;
    expect(server.uploads.size).toBe(0);
  });

  test('leaves no upload behind when a part is refused', async () => {
    server.fault = ({ operation, partNumber }) => (operation === 'UploadPart' && partNumber === 2 ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(upload()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    expect(server.uploads.size).toBe(0);
    expect(server.objects.size).toBe(0);
  });

  test('leaves no upload behind when completing fails', async () => {
    server.fault = ({ operation }) => (operation === 'CompleteMultipartUpload' ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(upload()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    expect(server.uploads.size).toBe(0);
    expect(server.objects.size).toBe(0);
  });

  test('repeats requests that the store could not answer', async () => {
    const failed = new Set<string>();
    server.fault = ({ operation, partNumber }) => {
      const id = `${operation}${partNumber}`;
      if (failed.has(id)) return undefined;
      failed.add(id);
      return { status: 503, code: 'SlowDown' };
    };
    await upload(open({ maxAttempts: 3 }));
    expect(server.objects.get(HEADER.key)?.body.equals(body)).toBe(true);
    expect(server.uploads.size).toBe(0);
  });

  test('the upload whose answer was lost is aborted', async () => {
    let lost = 0;
    server.fault = ({ operation }) => (operation === 'CreateMultipartUpload' && lost++ === 0 ? 'lost-answer' : undefined);
    await upload(open({ maxAttempts: 3 }));
    expect(server.uploads.size).toBe(0);
    expect([...server.objects.keys()]).toEqual([HEADER.key]);
  });

  test('is complete although the answer to completing was lost', async () => {
    let lost = false;
    server.fault = ({ operation }) => (operation === 'CompleteMultipartUpload' && !lost ? ((lost = true), 'lost-answer') : undefined);
    const landed = await upload(open({ maxAttempts: 3 }));
    expect(server.operations().filter((operation) => operation === 'CompleteMultipartUpload')).toHaveLength(2);
    expect(landed.sizeBytes).toBe(body.length);
  });

  test('a request that never ends is given up', async () => {
    server.fault = ({ operation }) => (operation === 'CompleteMultipartUpload' ? 'hang' : undefined);
    await expect(upload(open({ requestTimeoutMs: 300 }))).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(server.uploads.size).toBe(0);
  });
});

describe('checksums', () => {
  test.each([['wrong-checksum', /S3 states checksum/], ['no-checksum', /states no SHA256 checksum/]] as const)('%s: the object is deleted again', async (fault, message) => {
    server.fault = ({ operation }) => (operation === 'PutObject' || operation === 'HeadObject' ? fault : undefined);
    const writer = open().open(HEADER);
    await writer.write(Buffer.from('x'));
    await expect(writer.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringMatching(message) });
    expect(server.objects.size).toBe(0);
  });

  test('a version that the role may not destroy is hidden', async () => {
    server.versioned = true;
    server.fault = ({ operation, versionId }) => {
      if (operation === 'PutObject') return 'wrong-checksum';
      return operation === 'DeleteObject' && versionId !== undefined ? { status: 403, code: 'AccessDenied' } : undefined;
    };
    try {
      const writer = open().open(HEADER);
      await writer.write(Buffer.from('x'));
      await expect(writer.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      expect(server.requests.filter(({ operation }) => operation === 'DeleteObject').map(({ versionId }) => versionId)).toEqual(['v1', undefined]);
      expect(server.objects.size).toBe(0);
    } finally {
      server.versioned = false;
    }
  });

  test('a composite checksum that differs fails as well', async () => {
    server.fault = ({ operation }) => (operation === 'CompleteMultipartUpload' ? 'wrong-checksum' : undefined);
    const writer = open().open(HEADER);
    await writer.write(bytesOf(9 * MIB));
    await expect(writer.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(server.objects.size).toBe(0);
  });

  test('one missing from the answer is asked for', async () => {
    server.fault = ({ operation }) => (operation === 'PutObject' ? 'no-checksum' : undefined);
    const writer = open().open(HEADER);
    await writer.write(Buffer.from('x'));
    await writer.complete();
    const head = server.requests.find(({ operation }) => operation === 'HeadObject');
    expect(head?.headers['x-amz-checksum-mode']).toBe('ENABLED');
  });
});

describe('CRC64NVME', () => {
  test('of one part goes with the PutObject', async () => {
    const writer = open({ checksum: 'CRC64NVME' }).open(HEADER);
    await writer.write(Buffer.from('123456789'));
    // The check value of CRC-64/NVME in the CRC catalogue: 0xae8b14860a799888.
    const value = Buffer.from('ae8b14860a799888', 'hex').toString('base64');
    expect((await writer.complete()).checksum).toEqual({ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value });
    expect(server.requests[0].headers['x-amz-checksum-crc64nvme']).toBe(value);
    expect(server.requests[0].headers['x-amz-checksum-sha256']).toBeUndefined();
  });

  test('of several parts is that of the whole bytes, which S3 is told to compare', async () => {
    const writer = open({ checksum: 'CRC64NVME' }).open(HEADER);
    const body = bytesOf(20 * MIB + 4);
    await writer.write(body);
    const { checksum } = await writer.complete();
    const { headers } = server.requests.find(({ operation }) => operation === 'CreateMultipartUpload')!;
    expect(headers).toMatchObject({ 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'FULL_OBJECT' });
    const complete = server.requests.find(({ operation }) => operation === 'CompleteMultipartUpload')!;
    expect(complete.headers).toMatchObject({ 'x-amz-checksum-crc64nvme': checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' });
    expect(checksum).toMatchObject({ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: expect.stringMatching(/^[A-Za-z0-9+/]{11}=$/) });
    expect(server.objects.get(HEADER.key)?.body.equals(body)).toBe(true);
  });

  test('that differs fails, and the object is deleted again', async () => {
    server.fault = ({ operation }) => (operation === 'CompleteMultipartUpload' ? 'wrong-checksum' : undefined);
    const writer = open({ checksum: 'CRC64NVME' }).open(HEADER);
    await writer.write(bytesOf(9 * MIB));
    await expect(writer.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(server.objects.size).toBe(0);
  });
});

describe('options', () => {
  test('kmsKeyId and expectedBucketOwner go with every object', async () => {
    const target = open({ kmsKeyId: 'alias/landing', expectedBucketOwner: '123456789012' });
    await target.check();
    await target.open(HEADER).complete();
    const writer = target.open({ ...HEADER, key: 'landing/large' });
    await writer.write(bytesOf(9 * MIB));
    await writer.complete();
    for (const { headers } of server.requests) expect(headers['x-amz-expected-bucket-owner']).toBe('123456789012');
    for (const { headers } of server.requests.filter(({ operation }) => /^(PutObject|CreateMultipartUpload)$/.test(operation))) {
      expect(headers).toMatchObject({ 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'alias/landing' });
    }
  });

  test.each([
    [{ serverSideEncryption: 'AES256' as const }, { 'x-amz-server-side-encryption': 'AES256' }],
    [{ serverSideEncryption: 'aws:kms' as const }, { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }],
    [{ serverSideEncryption: 'aws:kms:dsse' as const, kmsKeyId: 'k' }, { 'x-amz-server-side-encryption': 'aws:kms:dsse', 'x-amz-server-side-encryption-aws-kms-key-id': 'k' }],
  ])('a bucket whose policy demands the header of encryption takes objects, uploads and checkpoints with %j', async (options, headers) => {
    server.fault = (request) => (/^(PutObject|CreateMultipartUpload)$/.test(request.operation) && !request.headers['x-amz-server-side-encryption']
      ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(open().check()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    const target = open(options);
    await target.check();
    await target.open(HEADER).complete();
    const { store, close } = openStore('s3://bucket/landing', { endpointUrl: server.endpoint, ...options });
    expect(await store.create('run=r/lease-000001.json', '{}')).toBe(true);
    close();
    for (const request of server.requests.filter(({ operation }) => /^PutObject$/.test(operation))) expect(request.headers).toMatchObject(headers);
  });

  test('without checksums no request has one, Content-MD5 is checked, and the SHA-256 of all bytes is stated', async () => {
    server.fault = ({ headers }) => (Object.keys(headers).some((name) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(name)) ? { status: 501, code: 'NotImplemented' } : undefined);
    server.plain = true;
    for (const length of [5, 20 * MIB]) {
      const body = bytesOf(length + 4 - length % 4);
      const writer = open({ checksum: 'NONE' }).open(HEADER);
      await writer.write(body);
      const { checksum, sizeBytes } = await writer.complete();
      expect({ checksum, sizeBytes }).toEqual({ checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: sha256(body).toString('base64') }, sizeBytes: body.length });
      expect(server.objects.get(HEADER.key)?.body.equals(body)).toBe(true);
    }
    for (const { headers, body } of server.requests.filter(({ operation }) => /^(PutObject|UploadPart)$/.test(operation))) {
      expect(headers['content-md5']).toBe(createHash('md5').update(body).digest('base64'));
    }
  });

  test('without checksums, a store that kept other bytes is told by their size, and the object is deleted again', async () => {
    server.plain = true;
    const writer = open({ checksum: 'NONE' }).open(HEADER);
    await writer.write(Buffer.from('ledger'));
    server.fault = ({ operation }) => {
      if (operation === 'HeadObject') server.objects.set(HEADER.key, { ...server.objects.get(HEADER.key)!, body: Buffer.from('led') });
      return undefined;
    };
    await expect(writer.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining('the store has 3 bytes of s3://bucket/') });
    expect(server.objects.size).toBe(0);
  });

  test.each([
    ['s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/ledger/lake/x', 'ledger-123456789012.s3-accesspoint.eu-west-1.amazonaws.com', '/lake/x/'],
    ['s3://arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:ledger', 'ledger-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn', '/'],
    ['s3://ledger-a1b2c3d4e5f6g7h8i9j0k1l2m3n4-s3alias/lake', 'ledger-a1b2c3d4e5f6g7h8i9j0k1l2m3n4-s3alias.s3.us-east-1.amazonaws.com', '/lake/'],
  ])('%s is asked at %s, in the region that its ARN says', async (url, host, path) => {
    const target = open({ url, endpointUrl: undefined, ...(!url.includes('arn:') && { region: 'us-east-1' }) });
    const asked: string[] = [];
    const { client } = (target as unknown as { readonly context: { readonly client: S3Client } }).context;
    client.middlewareStack.add(() => async (args) => {
      const request = args.request as { readonly hostname: string; readonly path: string };
      asked.push(`${request.hostname}${request.path}`);
      throw Object.assign(new Error('stop'), { name: 'NoSuchBucket', $metadata: { httpStatusCode: 404 } });
    }, { step: 'finalizeRequest', priority: 'low' });
    await expect(target.check()).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
    await expect(target.open({ ...HEADER, key: `${target.prefix}o` }).complete()).rejects.toThrow();
    expect(asked).toEqual([`${host}/`, `${host}${path}o`]);
    expect(target.url).toBe(url.endsWith('/') ? url : `${url}/`);
  });

  test('without them no such header is sent', async () => {
    await open().open(HEADER).complete();
    expect(Object.keys(server.requests[0].headers).filter((name) => /encryption|expected-bucket-owner/.test(name))).toEqual([]);
  });

  test.each([['s3://bucket', ''], ['s3://bucket/', ''], ['s3://bucket/a/b/', 'a/b/']])('the prefix of %s is %j', (url, prefix) => {
    expect(open({ url }).prefix).toBe(prefix);
  });
});

describe('check', () => {
  test('passes and leaves neither object nor upload', async () => {
    await open().check();
    expect(server.operations()).toEqual(['HeadBucket', 'CreateMultipartUpload', 'AbortMultipartUpload', 'ListMultipartUploads']);
    expect(server.uploads.size).toBe(0);
    expect(server.objects.size).toBe(0);
  });

  test('aborts the upload that a process killed in its own check has left', async () => {
    server.fault = ({ operation }) => (operation === 'AbortMultipartUpload' ? { status: 403, code: 'AccessDenied' } : undefined);
    await open().check().catch(() => undefined);
    expect(server.uploads.size).toBe(1);
    server.fault = () => undefined;
    await open().check();
    expect(server.uploads.size).toBe(0);
  });

  test('lets a role through that may write but not list', async () => {
    server.fault = ({ operation }) => (operation === 'HeadBucket' ? { status: 403, code: 'AccessDenied' } : undefined);
    await open().check();
  });

  test('names a bucket that is not there', async () => {
    await expect(open({ url: 's3://nowhere/x' }).check()).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining("'nowhere'") });
  });

  test('refuses a role that may not write', async () => {
    server.fault = ({ operation }) => (operation === 'CreateMultipartUpload' ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(open().check()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
  });

  test('says that nothing answers', async () => {
    const { endpoint } = server;
    const target = open({ endpointUrl: endpoint });
    await server.stop();
    await expect(target.check()).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
    server = await FakeS3Server.start('bucket');
  });

  test('says that there are no credentials', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    process.env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
    process.env.AWS_CONFIG_FILE = '/dev/null';
    await expect(open().check()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED', message: expect.stringContaining('AWS_PROFILE') });
  });
});
