import type { Template, TemplateResource } from './cloud-assembly';

/** A change made to the template before the emulator gets it. */
export interface TemplateChange {
  readonly logicalId: string;
  readonly what: string;
  readonly reason: string;
}

/** The queries of a metric-math alarm whose names the emulator must still resolve. */
export interface MathAlarm {
  readonly logicalId: string;
  /** `Metrics` of the alarm; each intrinsic function is replaced by `{ output: <name> }`. */
  readonly metrics: unknown;
}

/** The template as the emulator takes it, and all that was changed for it. */
export interface LocalTemplate {
  readonly template: Template;
  readonly changes: readonly TemplateChange[];
  readonly mathAlarms: readonly MathAlarm[];
}

/** Namespace under which the observer puts the value of a metric-math alarm's expression; the name is the logical id. */
export const MATH_ALARM_NAMESPACE = 'LocalCloud/MetricMath';

/** Prefix of the outputs added to the template. */
export const ADDED_OUTPUT_PREFIX = 'LocalCloudOutput';

const MATH_REASON = 'ministack 1.5.33 refuses alarms on metric math (provisioners.py, _cw_metric_alarm_record); ' +
  'the observer evaluates the expression and puts its value as a metric, which the alarm reads';

/** Saved queries: of Logs Insights and of Athena. */
const QUERY_TYPES = ['AWS::Logs::QueryDefinition', 'AWS::Athena::NamedQuery'];
const COMPOSITE_REASON = 'ministack 1.5.33 has no such resource (provisioners.py), and nothing but dashboards refers to a composite alarm';
const QUERY_REASON = 'ministack 1.5.33 has no such resource (provisioners.py), and nothing refers to a saved query';

const NAT_REASON = 'ministack 1.5.33 has no such resource (provisioners.py), and its functions are processes of this machine, which need no way out';

/** Why a resource is left out; undefined where it is not. */
function reasonToLeaveOut({ Type, Properties }: TemplateResource): string | undefined {
  if (Type === 'AWS::CloudWatch::CompositeAlarm') return COMPOSITE_REASON;
  if (QUERY_TYPES.includes(Type)) return QUERY_REASON;
  const isNat = Type === 'AWS::EC2::NatGateway' || Type === 'AWS::EC2::EIP' || (Type === 'AWS::EC2::Route' && Properties?.NatGatewayId !== undefined);
  return isNat ? NAT_REASON : undefined;
}

interface Dependent {
  readonly DependsOn?: string | readonly string[];
}

/** Without what is left out among that which it waits for. */
function withoutDependencies(resource: TemplateResource & Dependent, gone: ReadonlySet<string>): TemplateResource {
  if (resource.DependsOn === undefined) return resource;
  return { ...resource, DependsOn: [resource.DependsOn].flat().filter((id) => !gone.has(id)) };
}

/**
 * Every change the emulator needs, and no other: a metric-math alarm reads a single metric, which the observer
 * computes from the alarm's own queries, and composite alarms, saved queries of Logs Insights and Athena, and NAT gateways are left
 * out. Names in the alarms' queries are resolved by the emulator, through outputs added here.
 */
export function toLocalTemplate(template: Template): LocalTemplate {
  const changes: TemplateChange[] = [];
  const mathAlarms: MathAlarm[] = [];
  const outputs: { [name: string]: unknown } = { ...template.Outputs };
  const resources: { [logicalId: string]: TemplateResource } = { ...template.Resources };
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    const reason = reasonToLeaveOut(resource);
    if (reason !== undefined) {
      delete resources[logicalId];
      changes.push({ logicalId, what: 'left out', reason });
      continue;
    }
    if (resource.Type !== 'AWS::CloudWatch::Alarm' || !resource.Properties?.Metrics) continue;
    const { Metrics: queries, ...rest } = resource.Properties;
    const metrics = replaceIntrinsics(queries, (value) => {
      const name = `${ADDED_OUTPUT_PREFIX}${Object.keys(outputs).length}`;
      outputs[name] = { Value: value };
      return { output: name };
    });
    mathAlarms.push({ logicalId, metrics });
    resources[logicalId] = {
      ...resource,
      Properties: {
        ...rest,
        Namespace: MATH_ALARM_NAMESPACE,
        MetricName: logicalId,
        Statistic: 'Maximum',
        Period: periodOf(queries),
      },
    };
    changes.push({ logicalId, what: 'Metrics replaced by one metric', reason: MATH_REASON });
  }
  const gone = new Set(changes.flatMap(({ logicalId, what }) => (what === 'left out' ? [logicalId] : [])));
  const left = Object.entries(resources).map(([logicalId, resource]) => [logicalId, withoutDependencies(resource, gone)] as const);
  return { template: { ...template, Resources: Object.fromEntries(left), Outputs: outputs }, changes, mathAlarms };
}

/** Fills in what {@link toLocalTemplate} left as `{ output }`. */
export function resolveOutputs(value: unknown, outputs: { readonly [name: string]: string }): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveOutputs(item, outputs));
  if (typeof value !== 'object' || value === null) return value;
  if ('output' in value) return outputs[value.output as string];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveOutputs(item, outputs)]));
}

function periodOf(queries: unknown): number {
  for (const query of queries as { Period?: number; MetricStat?: { Period?: number } }[]) {
    const period = query.MetricStat?.Period ?? query.Period;
    if (period !== undefined) return period;
  }
  return 300;
}

function replaceIntrinsics(value: unknown, replace: (intrinsic: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => replaceIntrinsics(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) return replace(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceIntrinsics(item, replace)]));
}
