import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/** Messages of a failure queue, waiting or being looked at (count): the maximum over 5 minutes, unless the options say otherwise. */
export function failureQueueDepth(queue: sqs.IQueue, options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
  const maximum = { statistic: cloudwatch.Stats.MAXIMUM };
  return new cloudwatch.MathExpression({
    expression: 'visible + inFlight',
    usingMetrics: {
      visible: queue.metricApproximateNumberOfMessagesVisible(maximum),
      inFlight: queue.metricApproximateNumberOfMessagesNotVisible(maximum),
    },
    label: 'failed events',
    ...options,
  });
}

/** Age of the oldest message of a failure queue (seconds): the maximum over 5 minutes, unless the options say otherwise. */
export function failureQueueAge(queue: sqs.IQueue, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return queue.metricApproximateAgeOfOldestMessage({ statistic: cloudwatch.Stats.MAXIMUM, ...options });
}
