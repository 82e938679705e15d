import { isIPv4 } from 'node:net';
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { ExtractionProps } from './extraction-props';
import { DEFAULT_IMAGE } from './fargate/default-image';
import { Authentication } from '../../extractor/api/sql-server-source';
import { parseServerAddress } from '../../extractor/options/server-address';
import { invalidInput } from '../checks/validation';

/** A service that the functions call. */
interface NeededService {
  /** As the last part of endpoints' names has it. */
  readonly name: string;
  readonly called: string;
  /** Undefined where the endpoint is of a gateway. */
  readonly service?: ec2.InterfaceVpcEndpointAwsService;
}

/** The endpoints that extractions have made in a VPC, for the next one to use. */
const made = new WeakMap<ec2.IVpc, Map<string, ec2.InterfaceVpcEndpoint>>();

/** Methods that ask Microsoft for a token. */
const ASKS_MICROSOFT: ReadonlySet<Authentication | undefined> = new Set([
  Authentication.ENTRA_PASSWORD, Authentication.ENTRA_SERVICE_PRINCIPAL, Authentication.ENTRA_DEFAULT,
]);

/** ECR Public has no endpoint (Amazon ECR, "Considerations for Amazon ECR VPC endpoints"). */
const NO_WAY_TO_IMAGE = `the tasks' image ${DEFAULT_IMAGE} is of Amazon ECR Public, which the isolated subnets of vpc do not reach: give workers an image of a private `
  + 'repository (fargate image), for example by a pull through cache rule of public.ecr.aws, or choose subnets with a NAT gateway';

/** Refuses sources that no function can reach or log in to. */
export function checkReach(scope: Construct, { source, vpc, layers, workers }: ExtractionProps): void {
  const { authentication, server } = source;
  if (authentication === Authentication.ENTRA_MANAGED_IDENTITY) {
    throw invalidInput(scope, 'source.authentication must not be entraManagedIdentity: managed identities are those of Azure\'s machines, which Lambda has not; '
      + 'use entraServicePrincipal with its client secret in source.secret');
  }
  if (ASKS_MICROSOFT.has(authentication) && !layers?.length) {
    throw invalidInput(scope, `source.authentication ${authentication} needs the package @azure/identity: give a layer that has it under nodejs/node_modules (layers)`);
  }
  if (ASKS_MICROSOFT.has(authentication) && workers?.fargateOptions && !workers.fargateOptions.image) {
    throw invalidInput(scope, `source.authentication ${authentication} needs the package @azure/identity, and tasks have no layers: give workers an image that has it `
      + 'in /var/task/node_modules (fargate image)');
  }
  if (server === undefined || Token.isUnresolved(server)) return;
  const host = parseServerAddress(server, 'source.server').server.split('\\')[0];
  if (/^(localhost|127\..*|::1)$/i.test(host)) throw invalidInput(scope, `source.server must be reached by a network, got '${server}', which would be the function itself`);
  if (!vpc && isPrivate(host)) throw invalidInput(scope, `source.server '${server}' is a private address, which no function outside of its network reaches: set vpc`);
}

/** RFC 1918 and RFC 6598. */
function isPrivate(host: string): boolean {
  return isIPv4(host) && /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(host);
}

/** The network of an extraction's functions. */
export class ExtractionNetwork {
  public readonly vpc: ec2.IVpc;
  public readonly securityGroups: ec2.ISecurityGroup[];
  private readonly subnets: ec2.SelectedSubnets;
  private readonly needed: readonly NeededService[];

  constructor(private readonly scope: Construct, vpc: ec2.IVpc, private readonly props: ExtractionProps) {
    this.vpc = vpc;
    this.subnets = vpc.selectSubnets(props.vpcSubnets);
    this.needed = neededServices(props);
    this.securityGroups = props.securityGroups ?? [
      new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: 'Functions of an extraction', allowAllOutbound: true }),
    ];
    for (const { name } of this.needed) {
      const shared = made.get(vpc)?.get(name);
      if (shared) this.allowTo(shared);
    }
    if (props.vpcEndpoints) this.addEndpoints();
    // When all of the app is there: endpoints and routes may be made after the extraction.
    scope.node.addValidation({ validate: () => this.isCutOff() ? this.problems() : [] });
    if (this.isIsolated() && !props.vpcEndpoints && !(vpc instanceof ec2.Vpc)) this.warnOfEndpoints();
  }

  private addEndpoints(): void {
    const { scope, vpc, props: { vpcSubnets } } = this;
    const endpoints = made.get(vpc) ?? new Map<string, ec2.InterfaceVpcEndpoint>();
    made.set(vpc, endpoints);
    const here = this.endpointNames();
    for (const { name, service } of this.needed) {
      if (here.has(name)) continue;
      if (!service) {
        new ec2.GatewayVpcEndpoint(scope, 'S3Endpoint', { vpc, service: ec2.GatewayVpcEndpointAwsService.S3, ...vpcSubnets && { subnets: [vpcSubnets] } });
        continue;
      }
      const endpoint = new ec2.InterfaceVpcEndpoint(scope, `${name}Endpoint`, { vpc, service, subnets: vpcSubnets, open: false });
      this.allowTo(endpoint);
      endpoints.set(name, endpoint);
    }
  }

  /** From here, so that the rule is of this stack where the endpoint is of another. */
  private allowTo(endpoint: ec2.InterfaceVpcEndpoint): void {
    new ec2.Connections({ securityGroups: this.securityGroups }).allowToDefaultPort(endpoint);
  }

  private isIsolated(): boolean {
    const isolated = new Set(this.vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
    return this.subnets.subnetIds.length > 0 && this.subnets.subnetIds.every((id) => isolated.has(id));
  }

  /** Isolated, and no default route was added, to a transit gateway for example. */
  private isCutOff(): boolean {
    if (!this.isIsolated()) return false;
    const tables = new Set(this.subnets.subnets.map(({ routeTable }) => this.resolved(routeTable.routeTableId)));
    return !this.found(ec2.CfnRoute).some(({ routeTableId, destinationCidrBlock }) => (
      destinationCidrBlock === '0.0.0.0/0' && tables.has(this.resolved(routeTableId))));
  }

  private problems(): string[] {
    const { source, proxyUrl, workers } = this.props;
    const asks = ASKS_MICROSOFT.has(source.authentication)
      ? [`source.authentication ${source.authentication} asks login.microsoftonline.com, which the isolated subnets of vpc do not reach: choose subnets with a NAT gateway`]
      : [];
    if (workers?.fargateOptions && !workers.fargateOptions.image) asks.push(NO_WAY_TO_IMAGE);
    const missing = this.vpc instanceof ec2.Vpc && proxyUrl === undefined ? this.missing() : [];
    if (missing.length === 0) return asks;
    return [...asks, `the isolated subnets of vpc have no endpoint of ${missing.join(', ')}: set vpcEndpoints, make them, or choose subnets with a NAT gateway`];
  }

  private missing(): string[] {
    const here = this.endpointNames();
    return this.needed.filter(({ name }) => !here.has(name)).map(({ called }) => called);
  }

  private endpointNames(): ReadonlySet<string> {
    const vpcId = this.resolved(this.vpc.vpcId);
    const endpoints = this.found(ec2.CfnVPCEndpoint).filter((endpoint) => this.resolved(endpoint.vpcId) === vpcId);
    return new Set(endpoints.map(({ serviceName }) => /((?:ecr\.)?[a-z0-9]+)"?\]*\}?$/.exec(this.resolved(serviceName))?.[1] ?? ''));
  }

  private found<T extends Construct>(kind: abstract new (...args: any[]) => T): T[] {
    return this.scope.node.root.node.findAll().filter((each): each is T => each instanceof kind);
  }

  /** Equal texts of what is equal at deployment, within one stack. */
  private resolved(value: unknown): string {
    return JSON.stringify(Stack.of(this.vpc).resolve(value));
  }

  private warnOfEndpoints(): void {
    Annotations.of(this.scope).addWarningV2(
      'cdk-legacy-to-s3:isolatedSubnets',
      `the subnets of vpc are isolated, and whether it has endpoints is not known here: the functions need those of ${this.needed.map(({ called }) => called).join(', ')}; `
        + 'set vpcEndpoints to make them, or acknowledge this',
    );
  }
}

function neededServices({ source: { secret, passwordParameter }, workers }: ExtractionProps): NeededService[] {
  const services = ec2.InterfaceVpcEndpointAwsService;
  const { fargateOptions } = workers ?? {};
  return [
    { name: 's3', called: 'S3' },
    { name: 'states', called: 'Step Functions', service: services.STEP_FUNCTIONS },
    ...secret ? [{ name: 'secretsmanager', called: 'Secrets Manager', service: services.SECRETS_MANAGER }] : [],
    ...passwordParameter ? [{ name: 'ssm', called: 'SSM', service: services.SSM }] : [],
    // A task writes its logs, and fetches its image, by its own network interface (Amazon ECS, "Fargate task networking").
    ...fargateOptions ? [{ name: 'logs', called: 'CloudWatch Logs', service: services.CLOUDWATCH_LOGS }] : [],
    ...fargateOptions?.image ? [
      { name: 'ecr.api', called: 'ECR (ecr.api)', service: services.ECR },
      { name: 'ecr.dkr', called: 'ECR (ecr.dkr)', service: services.ECR_DOCKER },
    ] : [],
  ];
}
