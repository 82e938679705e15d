import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { Manifest } from '../../../src/contract';
import { unnamedObjects } from '../../../src/handlers/run-completion/unnamed-objects';

const s3 = mockClient(S3Client);
const folder = (table: string) => `lake/database=L/schema=dbo/table=${table}/run=r/`;
const table = (name: string, files: readonly string[]) => ({
  database: 'L', schema: 'dbo', table: name, objects: files.map((file) => ({ key: folder(name) + file })),
});

test('every page of every table\'s folder is compared with what the manifest names', async () => {
  const manifest = { prefix: 'lake/', runId: 'r', tables: [table('A', ['1', '2']), table('B', []), table('A', ['3'])] } as unknown as Manifest;
  const page = (name: string, files: readonly string[], next?: string) => ({
    Contents: files.map((file) => ({ Key: folder(name) + file })), IsTruncated: next !== undefined, NextContinuationToken: next,
  });
  s3.on(ListObjectsV2Command, { Bucket: 'b', Prefix: folder('A') }).resolves(page('A', ['1', '3'], 'more'));
  s3.on(ListObjectsV2Command, { Bucket: 'b', Prefix: folder('A'), ContinuationToken: 'more' }).resolves(page('A', ['2', 'stray']));
  s3.on(ListObjectsV2Command, { Bucket: 'b', Prefix: folder('B') }).resolves({});
  expect(await unnamedObjects(new S3Client(), 'b', manifest)).toEqual([`'${folder('A')}stray' is not named in the manifest`]);
  expect(s3.commandCalls(ListObjectsV2Command)).toHaveLength(3);
});
