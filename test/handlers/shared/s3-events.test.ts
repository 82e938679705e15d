import { InvalidEventError } from '../../../src/handlers/shared/errors';
import { eventRecords, toObjectEvent } from '../../../src/handlers/shared/s3-events';

const notification = (eventName: string, object: object = {}) => ({
  eventName, eventTime: '2026-01-31T23:59:59.123Z', s3: { bucket: { name: 'b' }, object: { key: 'k', ...object } },
});
const bridge = (type: string, detail: object = {}, object: object = {}) => ({
  'source': 'aws.s3', 'detail-type': type, 'time': '2026-01-31T23:59:59Z', 'detail': { bucket: { name: 'b' }, object: { key: 'k', ...object }, ...detail },
});

test('a notification of S3 has all it tells of an object', () => {
  const object = { key: 'a+b%2Bc/%C3%BC.csv', size: 0, eTag: 'e', versionId: 'v', sequencer: '0A' };
  expect(toObjectEvent(notification('ObjectCreated:CompleteMultipartUpload', object))).toEqual({
    kind: 'created', bucket: 'b', key: 'a b+c/ü.csv', versionId: 'v', sequencer: '0A', eventTime: '2026-01-31T23:59:59.123Z', sizeBytes: 0, eTag: 'e',
  });
});

test('an event of EventBridge has the same, and its key is not encoded', () => {
  const object = { 'key': 'a+b%2B', 'size': 3, 'etag': 'e', 'version-id': 'v', 'sequencer': '0A' };
  expect(toObjectEvent(bridge('Object Created', {}, object))).toEqual({
    kind: 'created', bucket: 'b', key: 'a+b%2B', versionId: 'v', sequencer: '0A', eventTime: '2026-01-31T23:59:59.000Z', sizeBytes: 3, eTag: 'e',
  });
});

test.each([
  ['ObjectCreated:Put', {}, 'created'],
  ['s3:ObjectCreated:Copy', {}, 'created'],
  ['ObjectRemoved:Delete', {}, 'removed'],
  ['ObjectRemoved:Delete', { versionId: 'v' }, 'removed'],
  ['LifecycleExpiration:Delete', {}, 'removed'],
  // With versioning suspended the marker takes the place of the null version.
  ['ObjectRemoved:DeleteMarkerCreated', { versionId: 'null' }, 'removed'],
  ['ObjectRemoved:DeleteMarkerCreated', { versionId: 'v' }, undefined],
  ['LifecycleExpiration:DeleteMarkerCreated', { versionId: 'v' }, undefined],
  ['ObjectTagging:Put', {}, undefined],
  ['ObjectRestore:Completed', {}, undefined],
])('notification %s %j is of kind %s', (name, object, kind) => {
  expect(toObjectEvent(notification(name, object))?.kind).toBe(kind);
});

test.each([
  ['Object Created', {}, {}, 'created'],
  ['Object Deleted', { 'deletion-type': 'Permanently Deleted' }, { 'version-id': 'v' }, 'removed'],
  ['Object Deleted', { 'deletion-type': 'Delete Marker Created' }, { 'version-id': 'v' }, undefined],
  ['Object Deleted', { 'reason': 'Lifecycle Expiration', 'deletion-type': 'Permanently Deleted' }, {}, 'removed'],
  ['Object Deleted', { 'reason': 'Lifecycle Expiration', 'deletion-type': 'Delete Marker Created' }, { 'version-id': 'v' }, undefined],
  ['Object Tags Added', {}, {}, undefined],
])('EventBridge %s %j is of its kind', (type, detail, object, kind) => {
  expect(toObjectEvent(bridge(type, detail, object))?.kind).toBe(kind);
});

test('what is not given, or is not of its type, is left out', () => {
  expect(toObjectEvent({ ...notification('ObjectCreated:Put', { size: '3', eTag: 7, versionId: '', sequencer: null }), eventTime: 'soon' })).toEqual({
    kind: 'created', bucket: 'b', key: 'k',
  });
});

test.each([
  ['no event name', { s3: notification('x').s3 }, /eventName/],
  ['no bucket', { eventName: 'ObjectCreated:Put', s3: { object: { key: 'k' } } }, /got no bucket and k/],
  ['no key', notification('ObjectCreated:Put', { key: '' }), /got b and no key/],
  ['a key that is no URL encoding', notification('ObjectCreated:Put', { key: '%FF' }), /expected a URL-encoded object key, got '%FF'/],
  ['no record at all', 7, /got 7/],
])('%s is refused', (_what, record, message) => {
  expect(() => toObjectEvent(record)).toThrow(InvalidEventError);
  expect(() => toObjectEvent(record)).toThrow(message);
});

test('the records of an event are those of a notification, or the event of EventBridge itself', () => {
  const record = notification('ObjectCreated:Put');
  expect(eventRecords({ Records: [record, record] })).toEqual([record, record]);
  const event = bridge('Object Created');
  expect(eventRecords(event)).toEqual([event]);
  expect(eventRecords({ Service: 'Amazon S3', Event: 's3:TestEvent' })).toEqual([]);
  expect(() => eventRecords({ Event: 'other' })).toThrow('got an object with Event');
  expect(() => eventRecords([])).toThrow('got an array');
});

describe('passed on', () => {
  const record = notification('ObjectCreated:Put');
  const told = { Records: [record] };
  const text = JSON.stringify(told);
  const bySns = (...messages: string[]) => ({
    Records: messages.map((Message) => ({ EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Type: 'Notification', Message, MessageId: 'm' } })),
  });
  const bySqs = (...bodies: string[]) => ({ Records: bodies.map((body) => ({ eventSource: 'aws:sqs', messageId: 'm', body })) });
  const enveloped = (Message: string) => ({ Type: 'Notification', MessageId: 'm', TopicArn: 'arn:aws:sns:us-east-1:111122223333:t', Message });

  test.each([
    ['by SNS to Lambda', bySns(text)],
    ['by SNS to SQS, raw', bySqs(text)],
    ['by SNS to SQS, in the JSON of SNS', bySqs(JSON.stringify(enveloped(text)))],
    ['as the buffer hands a message over', enveloped(text)],
  ])('%s', (_way, event) => {
    expect(eventRecords(event)).toEqual([record]);
  });

  test('an event of EventBridge, and the test message', () => {
    expect(eventRecords(bySns(JSON.stringify(bridge('Object Created')), '{"Event":"s3:TestEvent"}'))).toEqual([bridge('Object Created')]);
  });

  test('what is none of these is refused as a record of its own and holds up no other', () => {
    const [good, ...bad] = eventRecords(bySns(text, 'hello', '{"Type":"SubscriptionConfirmation"}'));
    expect(good).toEqual(record);
    expect(() => toObjectEvent(bad[0])).toThrow('expected an event record, got hello');
    expect(() => toObjectEvent(bad[1])).toThrow('expected an event record with an eventName, got none');
  });
});
