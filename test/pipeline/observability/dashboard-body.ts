import { Template } from 'aws-cdk-lib/assertions';
import { only } from '../synth';

/** A widget as a dashboard's body has it. */
export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly [name: string]: any };
}

/** The parsed body of the only dashboard; references are `<LogicalId>`. */
export function dashboardBody(template: Template): { readonly start: string; readonly widgets: Widget[] } {
  const body = only(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody;
  const parts: any[] = typeof body === 'string' ? [body] : body['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : `<${part.Ref ?? part['Fn::GetAtt']?.join('.') ?? Object.keys(part)[0]}>`)).join(''));
}

/** A metric as a widget has it; `dimensions` are names and values in turn. */
export interface WidgetMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: string[];
  readonly options: any;
}

/** Namespace and name of each metric of a widget; expressions are left out, what they use is in. */
export function metricsOf(widget: Widget): WidgetMetric[] {
  return (widget.properties.metrics ?? [])
    .filter((metric: any[]) => typeof metric[0] === 'string')
    .map((metric: any[]) => {
      const last = metric[metric.length - 1];
      const options = typeof last === 'object' ? last : {};
      const [namespace, name, ...dimensions] = typeof last === 'object' ? metric.slice(0, -1) : metric;
      return { namespace, name, dimensions, options };
    });
}

/** Expressions of a widget. */
export function expressionsOf(widget: Widget): string[] {
  return (widget.properties.metrics ?? []).map(([first]: any[]) => first.expression).filter(Boolean);
}
