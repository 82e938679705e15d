import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';

/** A datum and the namespace it goes to. */
export interface NamespacedDatum {
  readonly namespace: string;
  readonly datum: MetricDatum;
}

/** PutMetricData takes no more in one request (CloudWatch quotas). */
const MAX_DATA_PER_REQUEST = 1000;

/** Puts data by namespace, in the order they came. */
export async function putMetricData(cloudwatch: CloudWatchClient, data: readonly NamespacedDatum[]): Promise<void> {
  const byNamespace = new Map<string, MetricDatum[]>();
  for (const { namespace, datum } of data) {
    const group = byNamespace.get(namespace) ?? [];
    group.push(datum);
    byNamespace.set(namespace, group);
  }
  for (const [namespace, group] of byNamespace) {
    for (let from = 0; from < group.length; from += MAX_DATA_PER_REQUEST) {
      await cloudwatch.send(new PutMetricDataCommand({
        Namespace: namespace,
        MetricData: group.slice(from, from + MAX_DATA_PER_REQUEST),
      }));
    }
  }
}
