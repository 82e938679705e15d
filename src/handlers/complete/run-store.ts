import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { METADATA_TABLE, RUN_ITEM_SORT_KEY, RunItem, runItemKey, RunReport } from '../../contract';

/** Run items of the metadata table. */
export class RunStore {
  public constructor(private readonly dynamo: DynamoDBClient, private readonly tableName: string) {}

  /**
   * Writes a run's item unless it is of a check that began later: each check looks at the manifest and the objects that
   * are there when it begins, so the latest is right.
   *
   * @returns whether it was written, and the item it replaced
   */
  public async put(item: RunItem): Promise<{ readonly written: boolean; readonly previous?: RunItem }> {
    try {
      const { Attributes } = await this.dynamo.send(new PutItemCommand({
        TableName: this.tableName,
        Item: marshall(item, { removeUndefinedValues: true }),
        ConditionExpression: 'attribute_not_exists(#key) OR #recordedAt <= :recordedAt',
        ExpressionAttributeNames: { '#key': METADATA_TABLE.partitionKey, '#recordedAt': 'recordedAt' },
        ExpressionAttributeValues: marshall({ ':recordedAt': item.recordedAt }),
        ReturnValues: 'ALL_OLD',
      }));
      return { written: true, previous: Attributes && (unmarshall(Attributes) as RunItem) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { written: false };
      throw error;
    }
  }

  /** Notes of which outcome an event was sent, and who is still to be told, unless the run was checked again meanwhile. */
  public async setReported(item: RunItem, announced: string | undefined, unreported: readonly RunReport[]): Promise<void> {
    const kept = Object.entries({ announced, unreported: unreported.length > 0 ? unreported : undefined });
    const changes = { SET: kept.filter(([, value]) => value !== undefined), REMOVE: kept.filter(([, value]) => value === undefined) };
    const set = changes.SET.map(([name]) => `#${name} = :${name}`).join(', ');
    const remove = changes.REMOVE.map(([name]) => `#${name}`).join(', ');
    try {
      await this.dynamo.send(new UpdateItemCommand({
        TableName: this.tableName,
        Key: marshall({ [METADATA_TABLE.partitionKey]: runItemKey(item.runId), [METADATA_TABLE.sortKey]: RUN_ITEM_SORT_KEY }),
        UpdateExpression: [set && `SET ${set}`, remove && `REMOVE ${remove}`].filter(Boolean).join(' '),
        ConditionExpression: '#recordedAt = :recordedAt',
        ExpressionAttributeNames: { '#announced': 'announced', '#unreported': 'unreported', '#recordedAt': 'recordedAt' },
        ExpressionAttributeValues: marshall({
          ':recordedAt': item.recordedAt, ...Object.fromEntries(changes.SET.map(([name, value]) => [`:${name}`, value])),
        }),
      }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}
