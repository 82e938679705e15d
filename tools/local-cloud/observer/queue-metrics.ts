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
 * says. This is not read from logs, so it stands apart from the rest of the observer.
 */
export async function queueMetrics(sqs: SQSClient, now: Date): Promise<NamespacedDatum[]> {
  const { QueueUrls: urls = [] } = await sqs.send(new ListQueuesCommand({}));
  const data = await Promise.all(urls.map(async (url) => {
    const { Attributes: attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...ATTRIBUTES] }),
    );
    return ATTRIBUTES.map((attribute) => ({
      namespace: 'AWS/SQS',
      datum: {
        MetricName: METRIC_OF[attribute],
        Timestamp: now,
        Value: Number(attributes[attribute] ?? 0),
        Unit: 'Count' as const,
        Dimensions: [{ Name: 'QueueName', Value: url.slice(url.lastIndexOf('/') + 1) }],
      },
    }));
  }));
  return data.flat();
}
