import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { QueueWatch } from '../../../tools/local-cloud/observer/queue-metrics';

test('depth as the queue says, age since it was last seen empty', async () => {
  const sqs = mockClient(SQSClient);
  sqs.on(ListQueuesCommand).resolves({ QueueUrls: ['http://127.0.0.1/000000000000/orders'] });
  const watch = new QueueWatch(new SQSClient({ region: 'us-east-1' }));
  const at = async (second: number, visible: number, inFlight: number) => {
    sqs.on(GetQueueAttributesCommand).resolves({
      Attributes: { ApproximateNumberOfMessages: String(visible), ApproximateNumberOfMessagesNotVisible: String(inFlight) },
    });
    const data = await watch.metrics(new Date(second * 1000));
    expect(new Set(data.map(({ datum }) => JSON.stringify(datum.Dimensions)))).toEqual(new Set(['[{"Name":"QueueName","Value":"orders"}]']));
    return Object.fromEntries(data.map(({ datum }) => [datum.MetricName, datum.Value]));
  };
  const shown = (visible: number, inFlight: number, age: number) => ({
    ApproximateNumberOfMessagesVisible: visible, ApproximateNumberOfMessagesNotVisible: inFlight, ApproximateAgeOfOldestMessage: age,
  });
  expect(await at(0, 0, 0)).toEqual(shown(0, 0, 0));
  expect(await at(10, 1, 0)).toEqual(shown(1, 0, 0));
  expect(await at(40, 0, 1)).toEqual(shown(0, 1, 30));
  expect(await at(50, 0, 0)).toEqual(shown(0, 0, 0));
  expect(await at(60, 2, 0)).toEqual(shown(2, 0, 0));
});
