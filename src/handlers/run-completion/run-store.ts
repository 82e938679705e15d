import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { METADATA_TABLE, RUN_ITEM_SORT_KEY, RunItem, runItemKey } from '../../contract';

/** Run items of the metadata table. */
export class RunStore {
  public constructor(private readonly dynamo: DynamoDBClient, private readonly tableName: string) {}

  /** The run's item, read consistently. */
  public async get(runId: string): Promise<RunItem | undefined> {
    const { Item } = await this.dynamo.send(new GetItemCommand({
      TableName: this.tableName,
      Key: marshall({ [METADATA_TABLE.partitionKey]: runItemKey(runId), [METADATA_TABLE.sortKey]: RUN_ITEM_SORT_KEY }),
      ConsistentRead: true,
    }));
    return Item && (unmarshall(Item) as RunItem);
  }

  /**
   * Writes a run's item unless it is of a newer manifest, or of the same one checked later (`recordedAt`).
   *
   * @returns whether it was written, and the item it replaced
   */
  public async put(item: RunItem): Promise<{ readonly written: boolean; readonly previous?: RunItem }> {
    try {
      const { Attributes } = await this.dynamo.send(new PutItemCommand({
        TableName: this.tableName,
        Item: marshall(item, { removeUndefinedValues: true }),
        ConditionExpression: 'attribute_not_exists(#key) OR #sequencer < :sequencer OR (#sequencer = :sequencer AND #recordedAt <= :recordedAt)',
        ExpressionAttributeNames: { '#key': METADATA_TABLE.partitionKey, '#sequencer': 'sequencer', '#recordedAt': 'recordedAt' },
        ExpressionAttributeValues: marshall({ ':sequencer': item.sequencer, ':recordedAt': item.recordedAt }),
        ReturnValues: 'ALL_OLD',
      }));
      return { written: true, previous: Attributes && (unmarshall(Attributes) as RunItem) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { written: false };
      throw error;
    }
  }
}
