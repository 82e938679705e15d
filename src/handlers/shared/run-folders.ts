import { ListObjectsV2Command, ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import { mapConcurrently } from './concurrency';
import { encodeKeySegment } from '../../contract';

/** Listings under way at the same time. */
const LIST_CONCURRENCY = 16;

/**
 * The folders `<prefix>database=…/schema=…/table=…/run=<runId>/` that hold an object, of whatever table, sorted.
 *
 * S3 is asked level by level for the folders there are, then once for each table that ever landed under the prefix: a
 * thousand tables take about a thousand requests and some seconds.
 *
 * @param prefix in key form: empty, or with one trailing slash
 */
export async function runFolders(s3: S3Client, bucket: string, prefix: string, runId: string): Promise<string[]> {
  let folders = [prefix];
  for (const level of ['database=', 'schema=', 'table=']) {
    folders = (await mapConcurrently(folders, LIST_CONCURRENCY, async (folder) => foldersBelow(s3, bucket, folder + level))).flat();
  }
  const ofRun = folders.map((folder) => `${folder}run=${encodeKeySegment(runId)}/`);
  const found = await mapConcurrently(ofRun, LIST_CONCURRENCY, async (folder) => holdsAny(s3, bucket, folder));
  return ofRun.filter((_folder, index) => found[index]).sort();
}

async function foldersBelow(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await s3.send(new ListObjectsV2Command({
      Bucket: bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token,
    }));
    for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) folders.push(Prefix);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return folders;
}

async function holdsAny(s3: S3Client, bucket: string, folder: string): Promise<boolean> {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }));
  return (Contents ?? []).length > 0;
}
