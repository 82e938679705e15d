import { ConditionalCheckFailedException, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { COMPACTION_SORT_KEY, CompactionItem, compactionItemKey, METADATA_TABLE } from '../../contract';

/** What an item says of a table once nobody is at it any more; undefined takes an attribute away. */
export type CompactionNote = Pick<CompactionItem, 'notBefore' | 'compactedAt' | 'contendedSince' | 'problem'>;

/** Items of the metadata table that say who compacts which table. */
export class CompactionItems {
  public constructor(private readonly dynamo: DynamoDBClient, private readonly tableName: string) {}

  /**
   * Takes a table, unless another has it whose time is not over. Who has it takes it again: Lambda repeats an event by the same id.
   *
   * @param now ISO 8601, UTC
   * @returns the item as it is then; undefined when another has it
   */
  public async take(name: string, owner: string, now: string, until: string): Promise<CompactionItem | undefined> {
    return this.update(name, {
      UpdateExpression: 'SET itemType = :type, tableName = :name, #owner = :owner, heldUntil = :until',
      ConditionExpression: 'attribute_not_exists(#owner) OR #owner = :owner OR heldUntil <= :now',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: marshall({ ':type': 'compaction' satisfies CompactionItem['itemType'], ':name': name, ':owner': owner, ':now': now, ':until': until }),
    });
  }

  /** Lets a table go, and notes what became of it, unless another has it since. */
  public async release(name: string, owner: string, note: CompactionNote): Promise<void> {
    const entries = Object.entries(note).filter(([, value]) => value !== undefined);
    const gone = ['notBefore', 'compactedAt', 'contendedSince', 'problem'].filter((each) => each in note && note[each as keyof CompactionNote] === undefined);
    await this.update(name, {
      UpdateExpression: [
        ...(entries.length > 0 ? [`SET ${entries.map(([each]) => `${each} = :${each}`).join(', ')}`] : []),
        `REMOVE ${['#owner', 'heldUntil', ...gone].join(', ')}`,
      ].join(' '),
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: marshall({ ':owner': owner, ...Object.fromEntries(entries.map(([each, value]) => [`:${each}`, value])) }),
    });
  }

  private async update(
    name: string, command: Pick<UpdateItemCommand['input'], 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>,
  ): Promise<CompactionItem | undefined> {
    try {
      const { Attributes } = await this.dynamo.send(new UpdateItemCommand({
        TableName: this.tableName,
        Key: marshall({ [METADATA_TABLE.partitionKey]: compactionItemKey(name), [METADATA_TABLE.sortKey]: COMPACTION_SORT_KEY }),
        ReturnValues: 'ALL_NEW',
        ...command,
      }));
      return unmarshall(Attributes!) as CompactionItem;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}
