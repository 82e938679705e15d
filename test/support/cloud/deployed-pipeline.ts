import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import {
  METADATA_TABLE, type ObjectItem, type ReplayRequest, type ReplayResult, RUN_ITEM_SORT_KEY, type RunItem, runItemKey, STACK_OUTPUTS,
} from '../../../src/contract';
import { LegacyToS3Pipeline, type LegacyToS3PipelineProps } from '../../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../../tools/local-cloud';

/** A pipeline `Ledger`, synthesised and deployed on a local cloud of its own, IAM enforced. */
export class DeployedPipeline {
  /** @param extend makes more in the stack, before it is synthesised */
  public static async start(
    props: LegacyToS3PipelineProps = {}, options: LocalCloudOptions = {}, extend: (pipeline: LegacyToS3Pipeline) => void = () => {},
  ): Promise<DeployedPipeline> {
    const outdir = mkdtempSync(path.join(tmpdir(), 'deployed-pipeline-'));
    let cloud: LocalCloud | undefined;
    try {
      const app = new App({ outdir, analyticsReporting: false });
      extend(new LegacyToS3Pipeline(new Stack(app, 'Deployed'), 'Ledger', { alarmEmail: 'operator@example.com', ...props }));
      app.synth();
      cloud = await startLocalCloud({ asyncRetryBaseSeconds: 0.2, concurrency: 16, ...options });
      return new DeployedPipeline(cloud, await deployTemplate(cloud, outdir));
    } catch (error) {
      await cloud?.stop();
      throw error;
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  }

  public readonly s3: S3Client;
  public readonly sqs: SQSClient;
  public readonly cloudwatch: CloudWatchClient;
  private readonly dynamo: DynamoDBClient;
  private readonly lambda: LambdaClient;

  private constructor(public readonly cloud: LocalCloud, public readonly stack: DeployedStack) {
    this.s3 = new S3Client(cloud.clientConfig);
    this.sqs = new SQSClient(cloud.clientConfig);
    this.cloudwatch = new CloudWatchClient(cloud.clientConfig);
    this.dynamo = new DynamoDBClient(cloud.clientConfig);
    this.lambda = new LambdaClient(cloud.clientConfig);
  }

  public async stop(): Promise<void> {
    for (const client of [this.s3, this.sqs, this.cloudwatch, this.dynamo, this.lambda]) client.destroy();
    await this.cloud.stop();
  }

  public output(name: keyof typeof STACK_OUTPUTS): string {
    return this.stack.outputs[`Ledger${STACK_OUTPUTS[name]}`];
  }

  public async put(Key: string, Body: string): Promise<string | undefined> {
    const { VersionId } = await this.s3.send(new PutObjectCommand({ Bucket: this.output('bucketName'), Key, Body, ChecksumAlgorithm: 'SHA256' }));
    return VersionId;
  }

  public async delete(Key: string, VersionId?: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.output('bucketName'), Key, VersionId }));
  }

  /** Every object item. */
  public async objectItems(): Promise<ObjectItem[]> {
    const items: ObjectItem[] = [];
    for await (const page of paginateScan({ client: this.dynamo }, { TableName: this.output('tableName'), ConsistentRead: true })) {
      items.push(...(page.Items ?? []).map((item) => unmarshall(item) as ObjectItem));
    }
    return items.filter(({ itemType }) => itemType === 'object');
  }

  public async run(runId: string): Promise<RunItem | undefined> {
    const { Item } = await this.dynamo.send(new GetItemCommand({
      TableName: this.output('tableName'), Key: key(runItemKey(runId), RUN_ITEM_SORT_KEY), ConsistentRead: true,
    }));
    return Item && unmarshall(Item) as RunItem;
  }

  public async deleteItem(item: ObjectItem): Promise<void> {
    await this.dynamo.send(new DeleteItemCommand({ TableName: this.output('tableName'), Key: key(item.objectKey, item.versionId) }));
  }

  /** What waits in the failure queue, left there. */
  public async failures(): Promise<any[]> {
    const { Messages = [] } = await this.sqs.send(new ReceiveMessageCommand({
      QueueUrl: this.output('failureQueueUrl'), MaxNumberOfMessages: 10, VisibilityTimeout: 0,
    }));
    return Messages.map(({ Body }) => JSON.parse(Body!));
  }

  /** Invokes the replay function and waits for its answer. */
  public async replay(request: ReplayRequest): Promise<ReplayResult> {
    const { FunctionError, Payload } = await this.lambda.send(new InvokeCommand({
      FunctionName: this.output('replayName'), Payload: Buffer.from(JSON.stringify(request)),
    }));
    const answer = Buffer.from(Payload!).toString();
    if (FunctionError) throw new Error(`replay failed: ${answer}`);
    return JSON.parse(answer) as ReplayResult;
  }
}

function key(partition: string, sort: string) {
  return marshall({ [METADATA_TABLE.partitionKey]: partition, [METADATA_TABLE.sortKey]: sort });
}
