import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { ObjectItem } from '../../../src/contract';
import { ItemStore } from '../../../src/handlers/shared/item-store';

const dynamo = mockClient(DynamoDBClient);
beforeEach(() => { dynamo.reset(); });

const item: ObjectItem = {
  objectKey: 'k', versionId: 'null', itemType: 'object', state: 'PRESENT', bucket: 'b', fileName: 'k', sizeBytes: 1, eTag: 'e', lastModified: 't', recordedAt: 't', sequencer: '1', revision: 7,
};
const refused = (now?: ObjectItem) => Object.assign(
  new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} }), { Item: now && marshall(now, { removeUndefinedValues: true }) },
);
const store = (onPut?: (milliseconds: number) => void) => new ItemStore(new DynamoDBClient(), 'metadata', onPut);

test('a new item takes one PutItem on the condition that there is none, and no read', async () => {
  dynamo.on(PutItemCommand).resolves({});
  const took: number[] = [];
  const result = await store((milliseconds) => took.push(milliseconds)).update(async (now) => {
    expect(now).toBeUndefined();
    return item;
  });
  expect(result).toEqual({ written: true, item });
  expect(dynamo.calls()).toHaveLength(1);
  expect(dynamo.commandCalls(PutItemCommand)[0].args[0].input).toMatchObject({
    TableName: 'metadata', ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': 'objectKey' },
  });
  expect(took).toHaveLength(1);
});

test('an item that is there is replaced on the condition that it is unchanged', async () => {
  dynamo.on(PutItemCommand).rejectsOnce(refused(item)).resolves({});
  const seen: unknown[] = [];
  await store().update(async (now) => {
    seen.push(now);
    return { ...item, revision: 8 };
  });
  expect(seen).toEqual([undefined, item]);
  expect(dynamo.commandCalls(PutItemCommand)[1].args[0].input).toMatchObject({
    ConditionExpression: '#revision = :revision', ExpressionAttributeValues: { ':revision': { N: '7' } },
  });
});

test('when nothing changes nothing more is written', async () => {
  dynamo.on(PutItemCommand).rejectsOnce(refused(item));
  expect(await store().update(async (now) => (now ? undefined : item))).toEqual({ written: false, item });
  expect(dynamo.calls()).toHaveLength(1);
});

test('an item removed in between is written anew', async () => {
  dynamo.on(PutItemCommand).rejectsOnce(refused(item)).rejectsOnce(refused()).resolves({});
  const seen: unknown[] = [];
  expect((await store().update(async (now) => { seen.push(now); return item; })).written).toBe(true);
  expect(seen).toEqual([undefined, item, undefined]);
});

test('a write that others always overtake ends with an error', async () => {
  dynamo.on(PutItemCommand).rejects(refused(item));
  await expect(store().update(async () => item)).rejects.toMatchObject({ code: 'WRITE_CONTENTION' });
});

test('any other refusal is thrown at once', async () => {
  dynamo.on(PutItemCommand).rejects(new Error('throttled'));
  await expect(store().update(async () => item)).rejects.toThrow('throttled');
  expect(dynamo.calls()).toHaveLength(1);
  dynamo.on(UpdateItemCommand).rejects(new Error('throttled'));
  await expect(store().setCompletion(item, { rows: 1 })).rejects.toThrow('throttled');
});

test('a completion without hash removes the one there was', async () => {
  dynamo.on(UpdateItemCommand).resolves({});
  expect(await store().setCompletion(item, { rows: 0 })).toBe(true);
  expect(dynamo.commandCalls(UpdateItemCommand)[0].args[0].input).toMatchObject({
    UpdateExpression: 'SET #rows = :rows REMOVE #hash ADD #revision :one', Key: marshall({ objectKey: 'k', versionId: 'null' }),
  });
});
