import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { datasetRunFolder, Manifest } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';
import { runFolders } from '../shared/run-folders';

/** Folders listed at the same time. */
const LIST_CONCURRENCY = 16;

/**
 * A problem for each object of the run that the manifest does not name, in the folders of its tables and of any other
 * table that ever landed under the manifest's prefix: a reader finds a run's objects by these folders, so an object of a
 * table that the manifest leaves out would be read too.
 *
 * That costs a listing for each table there is, 16 at a time: some seconds and half a cent for a thousand. Objects elsewhere
 * in the bucket, though their metadata may name the run, are not looked for: nobody reads them as part of it. Neither are
 * folder markers: the console's "Create folder" and file systems over S3 write an empty object whose key ends with `/`
 * (S3, "Organizing objects in the Amazon S3 console by using folders"), and it holds no rows.
 */
export async function unnamedObjects(s3: S3Client, bucket: string, manifest: Manifest): Promise<string[]> {
  const named = new Set(manifest.tables.flatMap((table) => table.objects.map((object) => object.key)));
  const folders = new Set(manifest.tables.map((table) => datasetRunFolder(manifest.prefix, table, manifest.runId)));
  for (const folder of await runFolders(s3, bucket, manifest.prefix, manifest.runId)) folders.add(folder);
  const problems = await mapConcurrently([...folders].sort(), LIST_CONCURRENCY, async (folder) => unnamedIn(s3, bucket, folder, named));
  return problems.flat();
}

async function unnamedIn(s3: S3Client, bucket: string, folder: string, named: ReadonlySet<string>): Promise<string[]> {
  const problems: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: folder })) {
    for (const { Key: key, Size: size } of page.Contents ?? []) {
      if (key === undefined || (key.endsWith('/') && size === 0)) continue;
      if (!named.has(key)) problems.push(`'${key}' is not named in the manifest`);
    }
  }
  return problems;
}
