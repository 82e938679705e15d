import { Duration, Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ExtractionSource } from './extraction-source';
import { heapOptions, normalizePrefix } from '../../contract';
import { HandlerRole } from '../access/handler-role';
import { landingKeys } from '../access/landing-keys';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { createHandlerFunction, createHandlerLogGroup } from '../functions/handler-function';
import { RecorderFunctionOptions } from '../functions/recorder-options';
import { ILegacyToS3Pipeline } from '../interface/pipeline-interface';

/** What both functions of an extraction are made of, and what makes one differ from the other. */
export interface ExtractionFunctionProps {
  /** Export of the bundle. */
  readonly entry: string;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly environment: { readonly [name: string]: string };
  readonly options: RecorderFunctionOptions;
  readonly layers?: lambda.ILayerVersion[];
  readonly ephemeralStorageSize?: Size;
  readonly encryptionKey?: kms.IKey;
  /** Where events go that it was given without waiting for the answer; undefined where nobody gives it such. */
  readonly failureQueue?: sqs.IQueue;
  readonly access: ExtractionAccess;
  /** Who assumes the role beside Lambda. */
  readonly alsoAssumedBy?: iam.IPrincipal;
}

/** What both functions reach. */
export interface ExtractionAccess {
  readonly pipeline: ILegacyToS3Pipeline;
  readonly source: ExtractionSource;
  readonly caCertificate?: assets.Asset;
  /** Folder of saved plans; undefined for a function that reads none. */
  readonly planPrefix?: string;
}

/** A function of an extraction, with its role and log group. */
export class ExtractionFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly role: iam.IRole;
  public readonly logGroup: logs.LogGroup;

  /** What executions begin with and keep to; a deployment makes another one, and leaves this to those that run. */
  public readonly version: lambda.Version;

  constructor(scope: Construct, id: string, props: ExtractionFunctionProps) {
    super(scope, id);
    const { options, access, failureQueue } = props;
    this.logGroup = createHandlerLogGroup(this, options, props.encryptionKey);
    const inVpc = options.vpc !== undefined;
    this.role = new ExtractionRole(this, `Lets an extraction's function do what it does: ${props.description}`, {
      ...access,
      logGroup: this.logGroup,
      failureQueue,
      inVpc,
      role: options.role,
      ...props.alsoAssumedBy && { assumedBy: new iam.CompositePrincipal(new iam.ServicePrincipal('lambda.amazonaws.com'), props.alsoAssumedBy) },
    }).role;
    this.function = createHandlerFunction(this, {
      bundle: 'extraction',
      handler: `index.${props.entry}`,
      description: props.description,
      memorySize: props.memorySize,
      timeout: props.timeout,
      environment: { NODE_OPTIONS: options.environment?.NODE_OPTIONS ?? heapOptions(props.memorySize), ...props.environment },
      layers: props.layers,
      ephemeralStorageSize: props.ephemeralStorageSize,
      keepVersions: true,
      role: this.role,
      logGroup: this.logGroup,
      failureQueue,
    }, options);
    this.version = this.function.currentVersion;
  }
}

interface ExtractionRoleProps extends ExtractionAccess {
  /** Undefined where somebody else writes the logs. */
  readonly logGroup?: logs.ILogGroup;
  readonly failureQueue?: sqs.IQueue;
  /** Whether network interfaces are made by the role. */
  readonly inVpc: boolean;
  readonly role?: iam.IRole;
  /** @default - Lambda */
  readonly assumedBy?: iam.IPrincipal;
}

/** Landing as any extractor may, the password, the certificates, saved plans, logs; and nothing else. */
export class ExtractionRole extends HandlerRole {
  constructor(scope: Construct, description: string, props: ExtractionRoleProps) {
    super(scope, description, props.role, props.assumedBy);
    this.allowLanding(props.pipeline);
    this.allowPassword(props.source);
    const { caCertificate, planPrefix, failureQueue } = props;
    if (caCertificate) this.allow('ReadCertificates', ['s3:GetObject'], [caCertificate.bucket.arnForObjects(caCertificate.s3ObjectKey)]);
    if (planPrefix !== undefined) this.allowPlans(props.pipeline, planPrefix);
    if (props.logGroup) this.allowLogging(props.logGroup);
    if (failureQueue) {
      this.allowSendingFailures(failureQueue);
      failureQueue.encryptionMasterKey?.grant(this.role, 'kms:Decrypt', 'kms:GenerateDataKey');
    }
    if (props.inVpc) this.allowNetworkInterfaces();
  }

  private allowLanding(pipeline: ILegacyToS3Pipeline): void {
    pipeline.grantLand(this.role);
    const { bucket, landingPrefix = '' } = pipeline;
    const { landed, state } = landingKeys(landingPrefix);
    for (const pattern of [...landed, ...state]) {
      acknowledgeResource(this.role, bucket.arnForObjects(pattern), 'objects are named after the source\'s tables, and state after runs');
    }
  }

  private allowPassword({ secret, passwordParameter }: ExtractionSource): void {
    if (secret) {
      secret.grantRead(this.role);
      // By the role's own policy too: `grantRead` says it in the key's alone, which of an imported key cannot be changed.
      secret.encryptionKey?.grant(this.role, 'kms:Decrypt');
      // Of an imported secret without the six characters that Secrets Manager puts behind its name.
      acknowledgeResource(this.role, `${secret.secretArn}-??????`, 'nobody knows the characters that Secrets Manager puts behind the name');
    }
    passwordParameter?.grantRead(this.role);
  }

  private allowPlans({ bucket }: ILegacyToS3Pipeline, prefix: string): void {
    const plans = bucket.arnForObjects(`${normalizePrefix(prefix)}*`);
    this.allow('ReadPlans', ['s3:GetObject'], [plans]);
    acknowledgeResource(this.role, plans, 'plans are saved under names of their own');
  }
}
