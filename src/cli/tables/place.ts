import { fileURLToPath } from 'node:url';
import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { METADATA_TABLE, normalizePrefix, RUN_ITEM_SORT_KEY, runItemKey, tableCommitSortKey, tablesFolder } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { FolderTables } from '../../iceberg/catalogs/folder-tables';
import { GlueTables } from '../../iceberg/catalogs/glue-tables';
import { Workplace } from '../../iceberg/commit/workplace';
import { FolderFiles } from '../../iceberg/files/folder-files';
import { S3Files } from '../../iceberg/files/s3-files';
import { stackOutputs, type StackPlace } from '../account/stack-outputs';

/** Where landed tables are: a folder that runs landed in, or a deployed pipeline. */
export type TablesSource = { readonly target: string } | StackPlace & { readonly pipeline?: string };

/** What run completion has found of a run. */
export interface CheckedRun {
  readonly complete: boolean;
  readonly manifestETag: string;
}

/** How AWS is reached, as its clients take it. */
export interface Reach {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

/** An opened place of landed tables. */
export interface TablesPlace {
  readonly workplace: Workplace;
  /** Landing prefix in key form. */
  readonly prefix: string;
  /** For messages: `file:///folder/`, `stack 'Ledger'`. */
  readonly told: string;
  /** The catalog of a folder. */
  readonly folder?: FolderTables;
  /** What Athena needs. */
  readonly athena?: Reach & { readonly database: string; readonly workGroup?: string };
  /** What run completion has found of a run; undefined where it has not seen it. Absent in a folder, where a manifest says all. */
  checkedRun?(runId: string): Promise<CheckedRun | undefined>;
  /** Notes that a table's files of a run go. Absent in a folder. */
  markExpired?(runId: string, dataset: string): Promise<void>;
  close(): void;
}

/** Opens a place, hands it over and closes it. @throws LegacyToS3Error */
export async function inPlace<T>(source: TablesSource, work: (place: TablesPlace) => Promise<T>): Promise<T> {
  const place = 'target' in source ? openFolder(source.target) : await openStack(source);
  try {
    return await work(place);
  } finally {
    place.close();
  }
}

/** @throws LegacyToS3Error of code INVALID_CONFIG for what is no folder */
export function openFolder(target: string): TablesPlace & { readonly folder: FolderTables } {
  if (!target.startsWith('file:')) {
    throw new LegacyToS3Error('INVALID_CONFIG', `landed tables of '${target}' are in the catalog of a pipeline: name its stack by --stack; a folder is file:///folder`);
  }
  const root = `file://${fileURLToPath(target).replace(/\/*$/, '/')}`;
  const files = new FolderFiles();
  const folder = new FolderTables(files, root + tablesFolder(''));
  return { workplace: { files, catalog: folder, root }, prefix: '', told: root, folder, close: () => undefined };
}

/** Refuses a folder whose tables name another one. @throws LegacyToS3Error of code LANDED_TABLE_REFUSED */
export async function refuseMoved({ folder, workplace: { root }, told }: TablesPlace): Promise<void> {
  const moved = (await folder?.pointers() ?? []).find(({ location }) => !location.startsWith(root));
  if (!moved) return;
  throw new LegacyToS3Error('LANDED_TABLE_REFUSED', `the table '${moved.name}' of ${told} has its paths in '${moved.location}': `
    + 'where the folder was moved, tables relocate writes them anew');
}

async function openStack({ pipeline, ...at }: StackPlace & { readonly pipeline?: string }): Promise<TablesPlace> {
  const outputs = await stackOutputs({ ...at, pipeline });
  const { bucketName, glueDatabaseName: database, workGroupName: workGroup, landingPrefix, tableName } = outputs;
  if (database === undefined) throw new LegacyToS3Error('TARGET_NOT_FOUND', `the pipeline of stack '${at.stack}' has no catalog (catalog: false), so it has no landed tables`);
  const { region, profile, endpointUrl: endpoint } = at;
  const reach: Reach = { region, profile, endpoint };
  const clients = {
    // Stores that are no Amazon S3 have no host names for buckets.
    s3: new S3Client({ ...reach, forcePathStyle: (endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL) !== undefined }),
    glue: new GlueClient(reach),
    dynamodb: new DynamoDBClient(reach),
  };
  const files = new S3Files(clients.s3);
  return {
    workplace: { files, catalog: new GlueTables(clients.glue, database, files), root: `s3://${bucketName}/` },
    prefix: normalizePrefix(landingPrefix ?? DEFAULT_PREFIX),
    told: `stack '${at.stack}'`,
    athena: { database, workGroup, ...reach },
    ...(tableName !== undefined && {
      checkedRun: async (runId: string) => checkedRun(clients.dynamodb, tableName, runId),
      markExpired: async (runId: string, dataset: string) => markExpired(clients.dynamodb, tableName, runId, dataset),
    }),
    close: () => Object.values(clients).forEach((client) => client.destroy()),
  };
}

/** Where runs land in a bucket that is watched as a whole, as `extract --stack` has it. */
const DEFAULT_PREFIX = 'landing/';

function keyOf(runId: string, sortKey: string) {
  return { [METADATA_TABLE.partitionKey]: { S: runItemKey(runId) }, [METADATA_TABLE.sortKey]: { S: sortKey } };
}

async function checkedRun(dynamodb: DynamoDBClient, TableName: string, runId: string): Promise<CheckedRun | undefined> {
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: keyOf(runId, RUN_ITEM_SORT_KEY) }));
  return Item && { complete: Item.runState?.S === 'COMPLETE' || Item.tablesHold?.BOOL === true, manifestETag: Item.manifestETag?.S ?? '' };
}

async function markExpired(dynamodb: DynamoDBClient, TableName: string, runId: string, dataset: string): Promise<void> {
  try {
    await dynamodb.send(new UpdateItemCommand({
      TableName,
      Key: keyOf(runId, tableCommitSortKey(dataset)),
      UpdateExpression: 'SET commitState = :expired',
      ConditionExpression: `attribute_exists(${METADATA_TABLE.partitionKey})`,
      ExpressionAttributeValues: { ':expired': { S: 'EXPIRED' } },
    }));
  } catch (error) {
    // A run that was committed before its tables had items has none to mark.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
