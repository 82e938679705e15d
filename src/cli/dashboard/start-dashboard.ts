import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DashboardNotFoundError, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { ExecutionSource } from './executions/execution-source';
import { DashboardBodyError } from './model/dashboard-body';
import { RunSource } from './runs/run-source';
import { serveDashboard, type ServedDashboard } from './server';
import { bodyOfTemplate, isTemplate } from './template-body';
import { LegacyToS3Error, watchRun, type LandingProps } from '../../extractor/doors/public';
import { toAwsError } from '../account/aws-errors';
import { ExecutionsClient } from '../account/executions-client';
import { readExtractions, readStackOutputs, type ExtractionOutputs, type StackOutputs } from '../account/stack-outputs';
import { runOf } from '../remote/go-on';

/** Which dashboard is drawn, and where the page is served. */
export interface StartOptions {
  /** Stack with the pipeline; its dashboard, and its runs. */
  readonly stack?: string;
  /** Which pipeline, by its name in the stack. @default the only one */
  readonly pipeline?: string;
  /** Name of a dashboard in the account. @default the stack's */
  readonly dashboardName?: string;
  /** File with a dashboard body, or a synthesised template. @default the deployed dashboard */
  readonly bodyFile?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
  readonly host?: string;
  readonly port?: number;
  readonly allowRemote?: boolean;
  /** Seconds. */
  readonly range?: number;
  /** Seconds. */
  readonly period?: number;
  /** Seconds. */
  readonly refresh?: number;
}

/**
 * Finds the dashboard and serves its page.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG, TARGET_NOT_FOUND, TARGET_ACCESS_DENIED or TARGET_UNREACHABLE
 */
export async function startDashboard(options: StartOptions): Promise<ServedDashboard> {
  const { stack, pipeline, bodyFile, dashboardName, region, profile } = options;
  // Read here, so that a local cloud is known as one however it was named.
  const endpointUrl = options.endpointUrl ?? process.env.AWS_ENDPOINT_URL;
  if (stack === undefined && dashboardName === undefined && bodyFile === undefined) {
    throw new LegacyToS3Error('INVALID_CONFIG', 'nothing to draw: pass --stack, --dashboard-name or --body');
  }
  const config = { region: region ?? (endpointUrl && !process.env.AWS_REGION ? 'us-east-1' : undefined), profile, endpoint: endpointUrl };
  const clients = {
    cloudformation: new CloudFormationClient(config),
    cloudwatch: new CloudWatchClient(config),
    logs: new CloudWatchLogsClient(config),
    dynamodb: new DynamoDBClient(config),
    s3: new S3Client({ ...config, forcePathStyle: endpointUrl !== undefined }),
  };
  const destroy = () => Object.values(clients).forEach((client) => client.destroy());
  try {
    const deployed = stack === undefined ? [] : await readExtractions(clients.cloudformation, stack);
    const outputs = stack === undefined ? {} : await pipelineOutputs(clients.cloudformation, stack, pipeline, deployed);
    const extractions = deployed.map((each) => executionsOf(each, { region, profile, endpointUrl }));
    const name = dashboardName ?? outputs.dashboardName;
    const onlyExtractions = name === undefined && bodyFile === undefined && extractions.length > 0;
    const body = onlyExtractions ? NO_WIDGETS : bodyFile === undefined
      ? await deployedBody(clients.cloudwatch, name, stack)
      : await fileBody(bodyFile, clients, stack);
    const page = await serveDashboard({
      ...clients,
      body,
      runs: outputs.tableName === undefined ? undefined : new RunSource(clients.dynamodb, clients.s3, outputs.tableName),
      extractions,
      title: titleOf(options),
      host: options.host,
      port: options.port,
      allowRemote: options.allowRemote,
      rangeSeconds: options.range,
      period: options.period,
      refreshSeconds: options.refresh,
    });
    return {
      url: page.url,
      close: async () => {
        await page.close();
        await Promise.all(extractions.map(async (each) => each.close()));
        destroy();
      },
    };
  } catch (error) {
    destroy();
    throw error instanceof DashboardBodyError ? new LegacyToS3Error('INVALID_CONFIG', error.message, { cause: error }) : error;
  }
}

/** Of a stack whose extractions land in the pipeline of another one, or of one without a dashboard. */
const NO_WIDGETS = '{"widgets": []}';

/** Nothing of a stack that has extractions alone, unless a pipeline is meant. */
async function pipelineOutputs(
  client: CloudFormationClient, stack: string, pipeline: string | undefined, extractions: readonly ExtractionOutputs[],
): Promise<StackOutputs> {
  try {
    return await readStackOutputs(client, stack, pipeline);
  } catch (error) {
    const isNone = error instanceof LegacyToS3Error && error.code === 'TARGET_NOT_FOUND' && extractions.length > 0 && pipeline === undefined;
    if (!isNone) throw error;
    return {};
  }
}

/** Reaches nothing yet. */
function executionsOf(outputs: ExtractionOutputs, reach: Pick<LandingProps, 'region' | 'profile' | 'endpointUrl'>): ExecutionSource {
  const landing: LandingProps = { ...reach, target: outputs.target };
  return new ExecutionSource({
    name: outputs.name,
    machineArn: outputs.machineArn,
    executions: new ExecutionsClient(outputs, reach),
    watch: (execution, options) => {
      const { startedAt, redrivenAt = startedAt } = execution;
      return watchRun(landing, runOf(execution), { since: redrivenAt.getTime(), ...options });
    },
  });
}

/** What people call it. */
function titleOf({ stack, pipeline, dashboardName, bodyFile = '' }: StartOptions): string {
  if (stack === undefined) return dashboardName ?? basename(bodyFile);
  return pipeline === undefined ? stack : `${stack} · ${pipeline}`;
}

async function deployedBody(client: CloudWatchClient, name: string | undefined, stack: string | undefined): Promise<string> {
  if (name === undefined) {
    throw new LegacyToS3Error('TARGET_NOT_FOUND', `the pipeline of stack '${stack}' has no dashboard (dashboard: false); pass a body with --body`);
  }
  try {
    const { DashboardBody } = await client.send(new GetDashboardCommand({ DashboardName: name }));
    return DashboardBody ?? '';
  } catch (error) {
    if (error instanceof DashboardNotFoundError) {
      throw new LegacyToS3Error('TARGET_NOT_FOUND', `there is no dashboard '${name}' in this account and region`, { cause: error });
    }
    throw toAwsError(error, `read dashboard '${name}'`);
  }
}

async function fileBody(
  file: string, clients: { readonly cloudformation: CloudFormationClient; readonly cloudwatch: CloudWatchClient }, stack?: string,
): Promise<string> {
  let text: string;
  let value: unknown;
  try {
    text = readFileSync(file, 'utf8');
    value = JSON.parse(text);
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the dashboard body '${file}': ${(error as Error).message}`, { cause: error });
  }
  if (!isTemplate(value)) return text;
  const resources = stack === undefined ? [] : await stackResources(clients.cloudformation, stack);
  return bodyOfTemplate(value, {
    region: await clients.cloudwatch.config.region().catch(() => 'us-east-1'),
    account: /^arn:[^:]*:cloudformation:[^:]*:(\d+):/.exec(resources[0]?.StackId ?? '')?.[1] ?? '000000000000',
    stackName: stack ?? 'stack',
    physicalIds: new Map(resources.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId ?? '', PhysicalResourceId ?? ''])),
  });
}

async function stackResources(client: CloudFormationClient, StackName: string) {
  try {
    return (await client.send(new DescribeStackResourcesCommand({ StackName }))).StackResources ?? [];
  } catch (error) {
    throw toAwsError(error, `read the resources of stack '${StackName}'`);
  }
}
