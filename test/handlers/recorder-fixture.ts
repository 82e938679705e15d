import { CreateTableCommand, DeleteItemCommand, DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand, DeleteObjectCommand, HeadObjectCommand, PutBucketVersioningCommand, PutObjectCommand, PutObjectCommandInput, S3Client,
} from '@aws-sdk/client-s3';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { HANDLER_ENV, METADATA_TABLE, NULL_VERSION, ObjectItem, RUN_ITEM_SORT_KEY, RunItem, runItemKey, SERVICES } from '../../src/contract';
import { LocalCloud, startLocalCloud } from '../../tools/local-cloud/local-cloud';
import { HandlerBundle, handlerBundle, removeHandlerBundles } from '../support/cloud/handler-bundle';
import { InvokeRequest, InvokeServer } from '../support/cloud/invoke-server';
import { Invocation, LambdaProcess, startLambdaProcess } from '../support/cloud/lambda-process';

export const NAMESPACE = 'CdkLegacyToS3/test';

const COMPLETION = 'run-completion';

/**
 * The bundled recorder and run completion against an emulated S3, DynamoDB and EventBridge, with a versioned and an
 * unversioned bucket. What the recorder hands to run completion is run before the next invocation, as if by Lambda.
 */
export class RecorderFixture {
  public static async start(): Promise<RecorderFixture> {
    const cloud = await startLocalCloud({ enforceIam: false });
    const fixture = new RecorderFixture(cloud, new S3Client(cloud.clientConfig), new DynamoDBClient(cloud.clientConfig));
    try {
      await fixture.setUp();
    } catch (error) {
      await fixture.stop();
      throw error;
    }
    return fixture;
  }

  public readonly plain = 'landing-plain';
  public readonly versioned = 'landing-versioned';
  private readonly table = 'metadata';
  /** What the recorder handed over in the last invocation. */
  public handedOver: InvokeRequest[] = [];
  private lambda?: LambdaProcess;
  private completion?: LambdaProcess;
  private invokeServer?: InvokeServer;
  private sequence = 0x6000;

  private constructor(private readonly cloud: LocalCloud, public readonly s3: S3Client, private readonly dynamo: DynamoDBClient) {}

  /** Of clients of other services of the cloud. */
  public get clientConfig(): LocalCloud['clientConfig'] {
    return this.cloud.clientConfig;
  }

  public async stop(): Promise<void> {
    await this.lambda?.stop();
    await this.completion?.stop();
    this.invokeServer?.stop();
    removeHandlerBundles();
    this.s3.destroy();
    this.dynamo.destroy();
    await this.cloud.stop();
  }

  /** One more environment of the recorder; an undefined variable is left out. */
  public async newLambda(changes: { readonly [name: string]: string | undefined } = {}): Promise<LambdaProcess> {
    return this.start('recorder', changes);
  }

  /** One more environment of run completion; an undefined variable is left out. */
  public async newCompletion(changes: { readonly [name: string]: string | undefined } = {}, timeoutMs?: number): Promise<LambdaProcess> {
    return this.start('run-completion', { [HANDLER_ENV.serviceName]: SERVICES.runCompletion, ...changes }, timeoutMs);
  }

  /** One environment of the function that compacts tables. */
  public async newCompactor(changes: { readonly [name: string]: string | undefined } = {}): Promise<LambdaProcess> {
    return this.start('run-completion', changes, undefined, 'compact');
  }

  private async start(
    bundle: HandlerBundle, changes: { readonly [name: string]: string | undefined }, timeoutMs?: number, exported?: string,
  ): Promise<LambdaProcess> {
    const environment = {
      ...this.cloud.env,
      AWS_ENDPOINT_URL_LAMBDA: this.invokeServer!.endpoint,
      [HANDLER_ENV.runCompletionFunction]: COMPLETION,
      [HANDLER_ENV.tableName]: this.table,
      [HANDLER_ENV.metricsNamespace]: NAMESPACE,
      [HANDLER_ENV.serviceName]: SERVICES.recorder,
      [HANDLER_ENV.logLevel]: 'INFO',
      ...changes,
    };
    const defined = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return startLambdaProcess(handlerBundle(bundle), Object.fromEntries(defined), { timeoutMs, entry: exported });
  }

  /** Invokes the recorder, then run completion for what it handed over; lines are both functions', an error is the first. */
  public async invoke(event: unknown): Promise<Invocation> {
    return this.andCompletions(async () => this.lambda!.invoke(event));
  }

  /** Invokes run completion alone. */
  public async complete(event: unknown): Promise<Invocation> {
    return this.completion!.invoke(event);
  }

  public async invokeTogether(events: readonly unknown[]): Promise<Invocation> {
    return this.andCompletions(async () => this.lambda!.invokeTogether(events));
  }

  private async andCompletions(invoke: () => Promise<Invocation>): Promise<Invocation> {
    this.handedOver = [];
    const recorded = await invoke();
    const completed = [];
    for (const { payload } of this.handedOver) completed.push(await this.completion!.invoke(payload));
    return {
      result: recorded.result,
      error: [recorded, ...completed].find(({ error }) => error)?.error,
      lines: [recorded, ...completed].flatMap(({ lines }) => lines),
    };
  }

  /** Lands an object and answers with its event. */
  public async put(bucket: string, key: string, body: string | Buffer, more: Partial<PutObjectCommandInput> = {}): Promise<any> {
    const { ETag, VersionId } = await this.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more }));
    return this.event(bucket, key, { size: Buffer.byteLength(body), eTag: ETag!.replace(/"/g, ''), versionId: VersionId });
  }

  /** Deletes an object and answers with its event. */
  public async delete(bucket: string, key: string, versionId?: string): Promise<any> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    return this.event(bucket, key, { versionId }, 'ObjectRemoved:Delete');
  }

  public async head(bucket: string, key: string) {
    return this.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
  }

  /** An S3 event notification, its sequencer later than any before. */
  public event(bucket: string, key: string, object: object, eventName = 'ObjectCreated:Put'): any {
    this.sequence += 1;
    return {
      Records: [{
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: new Date().toISOString(),
        eventName,
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
          object: {
            key: encodeURIComponent(key).replace(/%20/g, '+').replace(/%2F/g, '/'),
            sequencer: `0055AED6${this.sequence.toString(16).toUpperCase()}`,
            ...object,
          },
        },
      }],
    };
  }

  public async item(key: string, versionId: string = NULL_VERSION): Promise<ObjectItem | undefined> {
    return await this.get(key, versionId) as ObjectItem | undefined;
  }

  public async run(runId: string): Promise<RunItem | undefined> {
    return await this.get(runItemKey(runId), RUN_ITEM_SORT_KEY) as RunItem | undefined;
  }

  public async items(): Promise<any[]> {
    const { Items } = await this.dynamo.send(new ScanCommand({ TableName: this.table, ConsistentRead: true }));
    return (Items ?? []).map((item) => unmarshall(item));
  }

  public async clearTable(): Promise<void> {
    for (const item of await this.items()) {
      await this.dynamo.send(new DeleteItemCommand({ TableName: this.table, Key: keyOf(item.objectKey, item.versionId) }));
    }
  }

  private async get(key: string, sort: string): Promise<unknown> {
    const { Item } = await this.dynamo.send(new GetItemCommand({ TableName: this.table, Key: keyOf(key, sort), ConsistentRead: true }));
    return Item && unmarshall(Item);
  }

  private async setUp(): Promise<void> {
    const { datasetIndex, runIndex, partitionKey, sortKey } = METADATA_TABLE;
    const attributes = new Set([partitionKey, sortKey, datasetIndex.partitionKey, datasetIndex.sortKey, runIndex.partitionKey, runIndex.sortKey]);
    const keys = (hash: string, range: string) => [
      { AttributeName: hash, KeyType: 'HASH' as const }, { AttributeName: range, KeyType: 'RANGE' as const },
    ];
    await this.dynamo.send(new CreateTableCommand({
      TableName: this.table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: keys(partitionKey, sortKey),
      GlobalSecondaryIndexes: [datasetIndex, runIndex].map((index) => ({
        IndexName: index.name, KeySchema: keys(index.partitionKey, index.sortKey), Projection: { ProjectionType: 'ALL' as const },
      })),
    }));
    for (const Bucket of [this.plain, this.versioned]) await this.s3.send(new CreateBucketCommand({ Bucket }));
    await this.s3.send(new PutBucketVersioningCommand({ Bucket: this.versioned, VersioningConfiguration: { Status: 'Enabled' } }));
    this.invokeServer = await InvokeServer.start(async (request) => {
      this.handedOver.push(request);
      return { status: 202 };
    });
    this.lambda = await this.newLambda();
    this.completion = await this.newCompletion();
  }
}

function keyOf(key: string, sort: string) {
  return marshall({ [METADATA_TABLE.partitionKey]: key, [METADATA_TABLE.sortKey]: sort });
}

/** All events of several as the records of one. */
export function together(...events: readonly any[]): any {
  return { Records: events.flatMap((event) => event.Records) };
}

/** Values of a metric in an invocation's lines. */
export function metricValues({ lines }: Pick<Invocation, 'lines'>, name: string): number[] {
  return lines.map((line) => JSON.parse(line)).filter((entry) => entry._aws && name in entry).flatMap((entry) => entry[name]);
}
