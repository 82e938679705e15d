import { createHash } from 'node:crypto';
import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { CHANGES_MANIFEST_VERSION, type Manifest, type ManifestTable, METADATA_TABLE, parseManifest, type RunItem, RUNS_DATASET, withPages } from '../../../contract';
import type { RunTableView, RunTablesView, RunView } from '../model/view-model';

/** Runs shown, newest first. */
const SHOWN_RUNS = 20;
/** Tables shown of one run. */
const SHOWN_TABLES = 1000;
/** Larger manifests are not read for the page. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
/** Manifests kept, each of a run somebody looked into. */
const KEPT_MANIFESTS = 20;

/** Runs of a metadata table, and the tables their manifests name. */
export class RunSource {
  private readonly tables = new Map<string, Promise<RunTablesView>>();
  private newest: readonly RunItem[] = [];

  public constructor(
    private readonly dynamodb: DynamoDBClient,
    private readonly s3: S3Client,
    private readonly tableName: string,
  ) {}

  /** The newest runs. */
  public async list(): Promise<RunView[]> {
    this.newest = await listRuns(this.dynamodb, this.tableName, SHOWN_RUNS);
    return this.newest.map(toView);
  }

  /** What a run landed; undefined for a run that is not among the newest. */
  public async tablesOf(runId: string): Promise<RunTablesView | undefined> {
    const run = this.newest.find((one) => one.runId === runId);
    if (!run) return undefined;
    const key = `${run.runId} ${run.manifestETag}`;
    let tables = this.tables.get(key);
    if (!tables) {
      tables = this.read(run);
      this.tables.set(key, tables);
      if (this.tables.size > KEPT_MANIFESTS) this.tables.delete([...this.tables.keys()][0]);
      tables.catch(() => this.tables.delete(key));
    }
    return tables;
  }

  private async read({ bucket, manifestKey, manifestVersionId, problems = [] }: RunItem): Promise<RunTablesView> {
    const VersionId = manifestVersionId === 'null' ? undefined : manifestVersionId;
    const { Body, ContentLength = 0 } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: manifestKey, VersionId }));
    if (ContentLength > MAX_MANIFEST_BYTES) {
      throw new Error(`the manifest has ${ContentLength} bytes, more than the ${MAX_MANIFEST_BYTES} read here: s3://${bucket}/${manifestKey}`);
    }
    const root = parseManifest(await Body!.transformToString());
    const bytes = root.pages?.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? 0;
    if (bytes > MAX_MANIFEST_BYTES) throw new Error(`the manifest's pages have ${bytes} bytes, more than the ${MAX_MANIFEST_BYTES} read here: s3://${bucket}/${manifestKey}`);
    const manifest = await withPages(root, async ({ key }) => {
      const page = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return page.Body!.transformToByteArray();
    }, sha256);
    return {
      manifestUrl: `s3://${bucket}/${manifestKey}`,
      verification: manifest.verification?.detail ?? '',
      consistency: manifest.consistency?.guarantee ?? '',
      problems,
      tables: manifest.tables.slice(0, SHOWN_TABLES).map((table) => tableView(manifest, table)),
      moreTables: Math.max(0, manifest.tables.length - SHOWN_TABLES),
    };
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function toView(run: RunItem): RunView {
  return {
    runId: run.runId,
    state: run.runState,
    database: run.database ?? '',
    startedAt: run.startedAt,
    seconds: Math.max(0, (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000),
    tables: run.tables,
    objects: run.objects,
    rows: run.rows,
    sizeBytes: run.sizeBytes,
    verification: run.verification ?? '',
    consistency: run.consistency ?? '',
  };
}

function tableView({ verification, manifestVersion }: Manifest, landed: ManifestTable): RunTableView {
  const { schema, table, rows, sizeBytes, objects, chunks = [] } = landed;
  return {
    name: `${schema}.${table}`,
    rows,
    sizeBytes,
    objects: objects.length,
    chunks: chunks.length,
    verification: verification?.state ?? '',
    ...(manifestVersion === CHANGES_MANIFEST_VERSION && { changes: changesOf(landed) }),
  };
}

function changesOf({ changes, base }: ManifestTable): string {
  if (!changes) return `read whole${base?.why === undefined ? '' : `: ${base.why}`}`;
  const { way, inserts, updates, deletes, deletesSeen } = changes;
  return `${way}: ${inserts.toLocaleString('en')} I, ${updates.toLocaleString('en')} U, ${deletesSeen ? `${deletes.toLocaleString('en')} D` : 'deletes are not seen'}`;
}

/** The newest runs of a metadata table, newest first. @param limit at most 1000 */
async function listRuns(client: DynamoDBClient, tableName: string, limit: number): Promise<RunItem[]> {
  const { name, partitionKey } = METADATA_TABLE.datasetIndex;
  const { Items = [] } = await client.send(new QueryCommand({
    TableName: tableName,
    IndexName: name,
    KeyConditionExpression: '#dataset = :runs',
    ExpressionAttributeNames: { '#dataset': partitionKey },
    ExpressionAttributeValues: { ':runs': { S: RUNS_DATASET } },
    ScanIndexForward: false,
    Limit: limit,
  }));
  return Items.map((item) => unmarshall(item) as RunItem);
}
