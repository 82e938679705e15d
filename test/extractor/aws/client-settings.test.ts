import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client, type S3ClientOptions } from '../../../src/extractor/landing/s3/s3-client';

/** A store, a token service and a proxy in one: it says who asked for what. */
let server: Server;
let url: string;
let folder: string;
const seen: Array<{ readonly path: string; readonly key: string; readonly action?: string }> = [];
const before = { ...process.env };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aws-'));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const key = /Credential=([^/]+)\//.exec(String(request.headers.authorization))?.[1] ?? '';
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      seen.push({ path: request.url!, key, action: form.get('RoleArn') ?? undefined });
      response.end(form.get('Action') !== 'AssumeRole' ? '' : `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
        </Credentials></AssumeRoleResult></AssumeRoleResponse>`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(join(folder, 'credentials'), '[old]\naws_access_key_id = PROFILE\naws_secret_access_key = s\n');
  writeFileSync(join(folder, 'config'), '[profile old]\nregion = eu-central-1\n');
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'OWN',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_ENDPOINT_URL_STS: url,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
  });
});
afterAll(async () => {
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(folder, { recursive: true });
  await new Promise((closed) => server.close(closed));
});
beforeEach(() => { seen.length = 0; });

async function headBucket(options: S3ClientOptions): Promise<void> {
  const client = createS3Client({ region: 'eu-west-1', endpointUrl: url, ...options });
  await client.send(new HeadBucketCommand({ Bucket: 'b' }));
  client.destroy();
}

test('without options the credentials are those of the environment', async () => {
  await headBucket({});
  expect(seen).toEqual([{ path: '/b/', key: 'OWN', action: undefined }]);
});

test('a profile is asked for credentials', async () => {
  await headBucket({ profile: 'old' });
  expect(seen).toEqual([{ path: '/b/', key: 'PROFILE', action: undefined }]);
});

test.each([[undefined, 'OWN'], ['old', 'PROFILE']])('a role is assumed with the credentials of profile %s', async (profile, key) => {
  const roleArn = 'arn:aws:iam::123456789012:role/landing';
  await headBucket({ profile, roleArn });
  expect(seen).toEqual([{ path: '/', key, action: roleArn }, { path: '/b/', key: 'ASSUMED', action: undefined }]);
});

test('a proxy is sent the whole address', async () => {
  await headBucket({ endpointUrl: 'http://store.invalid:9000', proxyUrl: url });
  expect(seen).toEqual([{ path: 'http://store.invalid:9000/b/', key: 'OWN', action: undefined }]);
});
