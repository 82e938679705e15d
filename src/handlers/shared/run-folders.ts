import { ListObjectsV2Command, ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import { mapConcurrently } from './concurrency';
import { encodeKeySegment, partitionPrefixOfFolder } from '../../contract';

/** Listings under way at the same time. */
const LIST_CONCURRENCY = 16;

/**
 * The folders `<prefix>database=…/schema=…/table=…/run=<runId>/` that hold an object, of whatever table, sorted; those of tables
 * whose partition keys have a prefix (`landed_database=…`) among them.
 *
 * S3 is asked level by level for the folders there are, then once for each table that ever landed under the prefix: a
 * thousand tables take about a thousand requests and some seconds.
 *
 * @param prefix in key form: empty, or with one trailing slash
 */
export async function runFolders(s3: S3Client, bucket: string, prefix: string, runId: string): Promise<string[]> {
  let folders = (await mapConcurrently(['database=', 'landed_'], LIST_CONCURRENCY, async (begin) => foldersBelow(s3, bucket, prefix + begin))).flat()
    .map((path) => ({ path, before: partitionPrefixOfFolder(path) }));
  for (const level of ['schema=', 'table=']) {
    folders = (await mapConcurrently(folders, LIST_CONCURRENCY, async ({ path, before }) => (
      before === undefined ? [] : (await foldersBelow(s3, bucket, path + before + level)).map((below) => ({ path: below, before }))))).flat();
  }
  const ofRun = folders.map(({ path, before }) => `${path}${before}run=${encodeKeySegment(runId)}/`);
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
