import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { NamespacedDatum } from './metric-data';

/** Attributes SQS publishes under the same names. */
const ATTRIBUTES = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

const METRIC_OF: { readonly [attribute in typeof ATTRIBUTES[number]]: string } = {
  ApproximateNumberOfMessages: 'ApproximateNumberOfMessagesVisible',
  ApproximateNumberOfMessagesNotVisible: 'ApproximateNumberOfMessagesNotVisible',
};

/**
 * What SQS itself publishes to CloudWatch and the emulator does not: how many messages each queue holds, as the queue
 * says, and for how long it was not seen empty. (SQS's own figure is the age of the oldest message, which no attribute
 * tells and receiving would change; the two differ when messages are deleted while others stay.) This is not read from
 * logs, so it stands apart from the rest of the observer.
 */
export class QueueWatch {
  /** When each queue was first seen with a message in it. */
  private readonly filledAt = new Map<string, number>();

  public constructor(private readonly sqs: SQSClient) {}

  public async metrics(now: Date): Promise<NamespacedDatum[]> {
    const { QueueUrls: urls = [] } = await this.sqs.send(new ListQueuesCommand({}));
    return (await Promise.all(urls.map(async (url) => this.metricsOf(url, now)))).flat();
  }

  private async metricsOf(url: string, now: Date): Promise<NamespacedDatum[]> {
    const { Attributes: attributes = {} } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...ATTRIBUTES] }),
    );
    const QueueName = url.slice(url.lastIndexOf('/') + 1);
    const counts = ATTRIBUTES.map((attribute) => Number(attributes[attribute] ?? 0));
    const age = this.age(url, counts.some((count) => count > 0), now);
    return [
      ...ATTRIBUTES.map((attribute, index) => datum(QueueName, METRIC_OF[attribute], counts[index], 'Count', now)),
      datum(QueueName, 'ApproximateAgeOfOldestMessage', age, 'Seconds', now),
    ];
  }

  private age(url: string, filled: boolean, now: Date): number {
    if (!filled) {
      this.filledAt.delete(url);
      return 0;
    }
    const since = this.filledAt.get(url) ?? now.getTime();
    this.filledAt.set(url, since);
    return Math.round((now.getTime() - since) / 1000);
  }
}

function datum(QueueName: string, MetricName: string, Value: number, Unit: 'Count' | 'Seconds', Timestamp: Date): NamespacedDatum {
  return { namespace: 'AWS/SQS', datum: { MetricName, Timestamp, Value, Unit, Dimensions: [{ Name: 'QueueName', Value: QueueName }] } };
}
