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
    await this.change(item, { announced, unreported: unreported.length > 0 ? unreported : undefined });
  }

  /** Notes how many of a run's tables were committed and how many were not, unless the run was checked again meanwhile. */
  public async setTables(item: RunItem, counts: Pick<RunItem, 'tablesCommitted' | 'tablesNotCommitted'>): Promise<void> {
    await this.change(item, counts);
  }

  /** Sets attributes; undefined removes one. */
  private async change(item: RunItem, attributes: Partial<RunItem>): Promise<void> {
    const entries = Object.entries(attributes);
    const set = entries.filter(([, value]) => value !== undefined).map(([name]) => `#${name} = :${name}`).join(', ');
    const remove = entries.filter(([, value]) => value === undefined).map(([name]) => `#${name}`).join(', ');
    try {
      await this.dynamo.send(new UpdateItemCommand({
        TableName: this.tableName,
        Key: marshall({ [METADATA_TABLE.partitionKey]: runItemKey(item.runId), [METADATA_TABLE.sortKey]: RUN_ITEM_SORT_KEY }),
        UpdateExpression: [set && `SET ${set}`, remove && `REMOVE ${remove}`].filter(Boolean).join(' '),
        ConditionExpression: '#recordedAt = :recordedAt',
        ExpressionAttributeNames: { '#recordedAt': 'recordedAt', ...Object.fromEntries(entries.map(([name]) => [`#${name}`, name])) },
        ExpressionAttributeValues: marshall({
          ':recordedAt': item.recordedAt, ...Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
        }, { removeUndefinedValues: true }),
      }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}
