import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { datasetRunFolder, Manifest } from '../../contract';

/** A problem for each object in the run's table folders that the manifest does not name. */
export async function unnamedObjects(s3: S3Client, bucket: string, manifest: Manifest): Promise<string[]> {
  const named = new Set(manifest.tables.flatMap((table) => table.objects.map((object) => object.key)));
  const folders = new Set(manifest.tables.map((table) => datasetRunFolder(manifest.prefix, table, manifest.runId)));
  const problems: string[] = [];
  for (const folder of folders) {
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: folder })) {
      for (const { Key: key } of page.Contents ?? []) {
        if (key !== undefined && !named.has(key)) problems.push(`'${key}' is not named in the manifest`);
      }
    }
  }
  return problems;
}
