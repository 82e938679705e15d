import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListMultipartUploadsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, ListMapRunsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { App, CfnOutput, CfnParameter, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { isStateKey, parseManifest, type Manifest } from '../../../src/contract';
import { Encryption, ExtractFormat } from '../../../src/extractor/doors/public';
import { Extraction, type ExtractionProps, LegacyToS3Pipeline } from '../../../src/pipeline';
import { deployTemplate, type LocalCloud, poll, startLocalCloud } from '../../../tools/local-cloud';
import type { StandIn } from '../../../tools/stand-in';
import { landedLines, type KillTable } from '../runs/kill-tables';

export interface Ended {
  readonly status: string;
  readonly output?: any;
  readonly error?: string;
  readonly cause?: string;
}

/** An extraction `Nightly` of a stand-in, deployed: real functions and tasks in processes, by their roles, started by the state machine. */
export class DeployedExtraction {
  /** @param stackName without what tells its processes, which are killed by their names, from those of others on this machine */
  public static async start(
    stackName: string, source: StandIn, props: (stack: Stack) => Partial<ExtractionProps> = () => ({}),
  ): Promise<DeployedExtraction> {
    const outdir = mkdtempSync(path.join(tmpdir(), 'extraction-'));
    let cloud: LocalCloud | undefined;
    try {
      const name = `${stackName}${process.pid}`;
      synthesise(outdir, name, source, props);
      cloud = await startLocalCloud({ stateWaitScale: 0.1, concurrency: 20 });
      const { outputs } = await deployTemplate(cloud, outdir);
      return new DeployedExtraction(name, cloud, {
        bucket: outputs.LedgerBucketName, machine: outputs.Machine, worker: outputs.Worker, table: outputs.LedgerTableName, secret: outputs.Secret,
      });
    } catch (error) {
      await cloud?.stop();
      throw error;
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  }

  public readonly s3: S3Client;
  public readonly sfn: SFNClient;

  private constructor(
    public readonly stackName: string,
    public readonly cloud: LocalCloud,
    public readonly names: { readonly [of in 'bucket' | 'machine' | 'worker' | 'table' | 'secret']: string },
  ) {
    this.s3 = new S3Client(cloud.clientConfig);
    this.sfn = new SFNClient(cloud.clientConfig);
  }

  public async stop(): Promise<void> {
    this.s3.destroy();
    this.sfn.destroy();
    await this.cloud.stop();
  }

  public async begin(input: object = {}): Promise<string> {
    const command = new StartExecutionCommand({ stateMachineArn: this.names.machine, input: JSON.stringify(input) });
    return (await this.sfn.send(command)).executionArn!;
  }

  public async describe(executionArn: string): Promise<Ended> {
    const { status, output, error, cause } = await this.sfn.send(new DescribeExecutionCommand({ executionArn }));
    return { status: status!, output: output && JSON.parse(output), error, cause };
  }

  public async endOf(executionArn: string): Promise<Ended> {
    return poll(async () => {
      const described = await this.describe(executionArn);
      return described.status !== 'RUNNING' && described;
    }, { what: `the end of ${executionArn}`, deadlineMs: 240_000 });
  }

  /** Why children of an execution failed, for whoever reads a failed test. */
  public async failuresOf(executionArn: string): Promise<string[]> {
    const { mapRuns = [] } = await this.sfn.send(new ListMapRunsCommand({ executionArn }));
    const told: string[] = [];
    for (const { mapRunArn } of mapRuns) {
      const { executions = [] } = await this.sfn.send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED' }));
      for (const child of executions) {
        const { error, cause } = await this.describe(child.executionArn!);
        told.push(`${error}: ${cause}`);
      }
    }
    return told;
  }

  public async keys(): Promise<string[]> {
    const found: string[] = [];
    const pages = paginateListObjectsV2({ client: this.s3 }, { Bucket: this.names.bucket });
    for await (const { Contents = [] } of pages) found.push(...Contents.map(({ Key }) => Key!));
    return found;
  }

  public async body(Key: string): Promise<Buffer> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.names.bucket, Key }));
    return Buffer.from(await Body!.transformToByteArray());
  }

  /** Every row of the tables once, no object that the manifest does not name, and no state. */
  public async expectLanded(manifestKey: string, tables: readonly Pick<KillTable, 'name' | 'lines'>[]): Promise<Manifest> {
    const manifest = parseManifest((await this.body(manifestKey)).toString());
    for (const { name, lines } of tables) {
      const table = manifest.tables.find((each) => each.table === name)!;
      const landed = (await Promise.all(table.objects.map(async ({ key }) => landedLines(await this.body(key))))).flat().sort();
      // Not the lines themselves: a difference would print all of them.
      expect({ name, rows: landed.length, same: landed.join('\n') === lines.join('\n') }).toEqual({ name, rows: lines.length, same: true });
      expect(table.rows).toBe(lines.length);
    }
    const found = await this.keys();
    const named = manifest.tables.flatMap(({ objects }) => objects.map(({ key }) => key));
    expect(found.filter((key) => key.includes(`run=${manifest.runId}/part-`)).sort()).toEqual(named.sort());
    expect(found.filter((key) => key.includes(manifest.runId) && isStateKey(key))).toEqual([]);
    const { Uploads = [] } = await this.s3.send(new ListMultipartUploadsCommand({ Bucket: this.names.bucket }));
    expect(Uploads).toEqual([]);
    return manifest;
  }

  /** Keys of the objects that the pipeline has recorded. */
  public async records(): Promise<string[]> {
    const dynamodb = new DynamoDBClient(this.cloud.clientConfig);
    const found: string[] = [];
    const pages = paginateScan({ client: dynamodb }, { TableName: this.names.table });
    for await (const { Items = [] } of pages) found.push(...Items.flatMap(({ objectKey }) => objectKey?.S ?? []));
    dynamodb.destroy();
    return found;
  }
}

function synthesise(outdir: string, stackName: string, source: StandIn, props: (stack: Stack) => Partial<ExtractionProps>): void {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, stackName);
  // The default trigger hears of state too.
  const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { dashboard: false, catalog: false });
  const secret = new secretsmanager.Secret(stack, 'Password', {
    secretObjectValue: { username: SecretValue.unsafePlainText(source.user), password: SecretValue.unsafePlainText(source.password) },
  });
  const extraction = new Extraction(stack, 'Nightly', {
    pipeline,
    // By a parameter: a source that is the function itself is refused, which on the local cloud is none.
    source: {
      server: new CfnParameter(stack, 'Server', { default: '127.0.0.1' }).valueAsString,
      port: source.port,
      database: source.database,
      secret,
      encryption: Encryption.NONE,
    },
    tables: ['dbo.Kill*'],
    format: ExtractFormat.csv(),
    targetChunkRows: 23,
    readers: 1,
    logRemovalPolicy: RemovalPolicy.DESTROY,
    ...props(stack),
  });
  new CfnOutput(stack, 'Machine', { value: extraction.stateMachine.stateMachineArn });
  new CfnOutput(stack, 'Worker', { value: extraction.workerFunction?.functionName ?? 'none' });
  new CfnOutput(stack, 'Secret', { value: secret.secretArn });
  app.synth();
}
