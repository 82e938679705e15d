import { DashboardBodyError } from './model/dashboard-body';

/** What the names in a template are once it is deployed. */
export interface TemplateNames {
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
  /** Physical id of each resource that is deployed, by its logical id. */
  readonly physicalIds: ReadonlyMap<string, string>;
}

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Type?: string; readonly Properties?: Readonly<Record<string, unknown>> }>>;
}

const DASHBOARD_TYPE = 'AWS::CloudWatch::Dashboard';

/** Whether parsed JSON is a CloudFormation template rather than a dashboard body. */
export function isTemplate(value: unknown): value is Template {
  return typeof value === 'object' && value !== null && 'Resources' in value;
}

/**
 * The body of the one dashboard in a synthesised template, as JSON text. What is not deployed yet keeps its logical id,
 * so the page shows the layout, without data.
 *
 * @throws DashboardBodyError when the template has no dashboard, or several
 */
export function bodyOfTemplate({ Resources: resources = {} }: Template, names: TemplateNames): string {
  const dashboards = Object.entries(resources).filter(([, { Type }]) => Type === DASHBOARD_TYPE);
  if (dashboards.length !== 1) {
    throw new DashboardBodyError(`expected a template with one ${DASHBOARD_TYPE}, got ${dashboards.length}`);
  }
  const typeOf = (logicalId: string) => resources[logicalId]?.Type ?? '';
  return resolve(dashboards[0][1].Properties?.DashboardBody ?? '', { ...names, typeOf });
}

interface Names extends TemplateNames {
  typeOf(logicalId: string): string;
}

/** The text of a value with intrinsic functions (CloudFormation, "Intrinsic function reference"), as CDK uses them in a body. */
function resolve(value: unknown, names: Names): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument]] = Object.entries(value as Record<string, unknown>);
  switch (name) {
    case 'Ref': return reference(String(argument), names);
    case 'Fn::GetAtt': return attribute(...argument as [string, string], names);
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map((part) => resolve(part, names)).join(separator);
    }
    case 'Fn::Split':
    case 'Fn::Select': {
      const [at, list] = argument as [number, { readonly 'Fn::Split'?: [string, unknown] }];
      const [separator, text] = list?.['Fn::Split'] ?? ['', undefined];
      if (text !== undefined) return resolve(text, names).split(separator)[Number(at)] ?? '';
      break;
    }
    default:
  }
  throw new DashboardBodyError(`the template uses ${name}, of which only Ref, Fn::GetAtt, Fn::Join and Fn::Select of Fn::Split are known here`);
}

function reference(logicalId: string, { region, account, stackName, physicalIds }: Names): string {
  switch (logicalId) {
    case 'AWS::Region': return region;
    case 'AWS::AccountId': return account;
    case 'AWS::StackName': return stackName;
    case 'AWS::Partition': return 'aws';
    case 'AWS::URLSuffix': return 'amazonaws.com';
    default: return physicalIds.get(logicalId) ?? logicalId;
  }
}

/** Attributes that a body can hold: ARNs of alarms and of functions, names of queues. */
function attribute(logicalId: string, name: string, names: Names): string {
  const id = reference(logicalId, names);
  const { region, account } = names;
  switch (`${names.typeOf(logicalId)}.${name}`) {
    case 'AWS::CloudWatch::Alarm.Arn':
    case 'AWS::CloudWatch::CompositeAlarm.Arn': return `arn:aws:cloudwatch:${region}:${account}:alarm:${id}`;
    case 'AWS::Lambda::Function.Arn': return `arn:aws:lambda:${region}:${account}:function:${id}`;
    // A queue's physical id is its URL.
    case 'AWS::SQS::Queue.QueueName': return id.slice(id.lastIndexOf('/') + 1);
    default: return id;
  }
}
