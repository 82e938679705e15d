import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Manifest, parseManifest, tablesFolder } from '../../src/contract';
import { FolderTables } from '../../src/iceberg/catalogs/folder-tables';
import { GlueTables } from '../../src/iceberg/catalogs/glue-tables';
import { type ApplyOptions, applyChanges } from '../../src/iceberg/commit/changes/apply-changes';
import { addHistory } from '../../src/iceberg/commit/changes/history';
import { type CommitOptions, type CommitOutcome, commitRun } from '../../src/iceberg/commit/commit-run';
import type { TableRun } from '../../src/iceberg/commit/table-run';
import type { Workplace } from '../../src/iceberg/commit/workplace';
import { FolderFiles } from '../../src/iceberg/files/folder-files';
import { S3Files } from '../../src/iceberg/files/s3-files';
import type { TableAddress } from '../engines';
import type { LocalCloud } from '../local-cloud';

export const BUCKET = 'lake';
export const DATABASE = 'ledger';
const PREFIX = 'landing/';

/** What was landed in a folder, as Iceberg tables there and in the local cloud's Glue and S3. */
export class Lake {
  /** @param folder absolute; runs are landed right below it */
  public static async open(cloud: LocalCloud, folder: string): Promise<Lake> {
    const lake = new Lake(cloud, folder);
    await lake.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return lake;
  }

  public readonly s3: S3Client;
  public readonly glue: GlueClient;
  /** Tables by name in Glue. */
  public readonly inCloud: Workplace;
  /** Tables of the folder. */
  public readonly inFolder: Workplace;

  private constructor(cloud: LocalCloud, private readonly folder: string) {
    // With `Expect` the SDK sends large bodies by an agent of its own, which does not know the certificate.
    this.s3 = new S3Client({ ...cloud.clientConfig, expectContinueHeader: false });
    this.glue = new GlueClient(cloud.clientConfig);
    const files = new S3Files(this.s3);
    this.inCloud = { files, catalog: new GlueTables(this.glue, DATABASE, files), root: `s3://${BUCKET}/` };
    const root = `${pathToFileURL(folder).href}/`;
    this.inFolder = { files: new FolderFiles(), catalog: new FolderTables(new FolderFiles(), root + tablesFolder('')), root };
  }

  /** The manifest of a run that the extractor landed in the folder. */
  public manifest(key: string): Manifest {
    return parseManifest(readFileSync(path.join(this.folder, key), 'utf8'));
  }

  /** Puts an object into the folder. */
  public put(key: string, bytes: Buffer): void {
    const file = path.join(this.folder, key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }

  /** Puts a run's objects into the bucket. */
  public async upload({ tables }: Manifest): Promise<void> {
    for (const { key } of tables.flatMap(({ objects }) => objects)) {
      await this.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: PREFIX + key, Body: readFileSync(path.join(this.folder, key)) }));
    }
  }

  /** Commits each table of a run in the cloud, or applies its changes, where its objects are put before. @param workplace with a catalog of another kind than Glue */
  public async commit(
    manifestKey: string, options: CommitOptions & ApplyOptions = {}, manifest = this.manifest(manifestKey), workplace = this.inCloud,
  ): Promise<CommitOutcome[]> {
    await this.upload(manifest);
    const outcomes: CommitOutcome[] = [];
    for (const table of manifest.tables) {
      const objects = table.objects.map((object) => ({ ...object, key: PREFIX + object.key }));
      const of = { manifest: { ...manifest, prefix: PREFIX }, manifestKey: PREFIX + manifestKey, manifestETag: eTagOf(manifest) };
      outcomes.push(await commit(workplace, { ...of, table: { ...table, objects } }, options));
    }
    return outcomes;
  }

  /** The same in the folder. */
  public async commitInFolder(manifestKey: string, options: CommitOptions = {}, manifest = this.manifest(manifestKey)): Promise<CommitOutcome[]> {
    const outcomes: CommitOutcome[] = [];
    const of = { manifest, manifestKey, manifestETag: eTagOf(manifest) };
    for (const table of manifest.tables) outcomes.push(await commitRun(this.inFolder, { ...of, table }, options));
    return outcomes;
  }

  /** A table as every engine finds it in the cloud. */
  public async address(name: string): Promise<Required<TableAddress>> {
    const table = await this.inCloud.catalog.load(name);
    return { glue: { database: DATABASE, name }, metadataLocation: table!.metadataLocation! };
  }

  /** Keys of the bucket below a prefix. */
  public async keys(prefix = PREFIX): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
    return Contents.map(({ Key }) => Key!);
  }

  public close(): void {
    this.s3.destroy();
    this.glue.destroy();
  }
}

/** The history of a table whose changes were applied is made too. */
async function commit(workplace: Workplace, run: TableRun, options: CommitOptions & ApplyOptions): Promise<CommitOutcome> {
  if (!run.table.changes) return commitRun(workplace, run, options);
  const outcome = await applyChanges(workplace, run, options);
  await addHistory(workplace, run);
  return outcome;
}

const eTagOf = ({ runId }: Manifest) => `etag-${runId}`;
