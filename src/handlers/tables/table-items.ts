import {
  ConditionalCheckFailedException, DeleteItemCommand, DynamoDBClient, GetItemCommand, paginateQuery, PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import {
  COMPACTION_SORT_KEY, CompactionItem, compactionItemKey, METADATA_TABLE, RUN_ITEM_SORT_KEY, RunItem, runItemKey,
  TABLE_COMMIT_SORT_KEYS, TableCommitItem, tableCommitSortKey, WaitingItem, waitingItemKey,
} from '../../contract';

/** Items of the metadata table that say where the tables of a run stand. */
export class TableItems {
  public constructor(private readonly dynamo: DynamoDBClient, private readonly tableName: string) {}

  /** All of a run, by dataset. */
  public async ofRun(runId: string): Promise<Map<string, TableCommitItem>> {
    const items = new Map<string, TableCommitItem>();
    const pages = paginateQuery({ client: this.dynamo }, {
      TableName: this.tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#run = :run AND begins_with(#sort, :tables)',
      ExpressionAttributeNames: { '#run': METADATA_TABLE.partitionKey, '#sort': METADATA_TABLE.sortKey },
      ExpressionAttributeValues: marshall({ ':run': runItemKey(runId), ':tables': TABLE_COMMIT_SORT_KEYS }),
    });
    for await (const { Items } of pages) {
      for (const each of Items ?? []) {
        const item = unmarshall(each) as TableCommitItem;
        items.set(item.tableOf, item);
      }
    }
    return items;
  }

  /** A run's item as it is now. */
  public async run(runId: string): Promise<RunItem | undefined> {
    return await this.get(runItemKey(runId), RUN_ITEM_SORT_KEY) as RunItem | undefined;
  }

  /** A table's item as it is now. */
  public async table(runId: string, dataset: string): Promise<TableCommitItem | undefined> {
    return await this.get(runItemKey(runId), tableCommitSortKey(dataset)) as TableCommitItem | undefined;
  }

  /** Who compacts a table, or did, as it is now. */
  public async compaction(tableName: string): Promise<CompactionItem | undefined> {
    return await this.get(compactionItemKey(tableName), COMPACTION_SORT_KEY) as CompactionItem | undefined;
  }

  /** Writes an item; one that says FAILED, REFUSED or WAITING is not written over a commit of the same manifest that another has made. */
  public async put(item: TableCommitItem): Promise<void> {
    const keeps = item.commitState === 'FAILED' || item.commitState === 'REFUSED' || item.commitState === 'WAITING';
    try {
      await this.dynamo.send(new PutItemCommand({
        TableName: this.tableName,
        Item: marshall(item, { removeUndefinedValues: true }),
        ...(keeps && {
          ConditionExpression: 'attribute_not_exists(#key) OR #eTag <> :eTag OR NOT (#state IN (:committed, :superseded))',
          ExpressionAttributeNames: { '#key': METADATA_TABLE.partitionKey, '#eTag': 'manifestETag', '#state': 'commitState' },
          ExpressionAttributeValues: marshall({ ':eTag': item.manifestETag, ':committed': 'COMMITTED', ':superseded': 'SUPERSEDED' }),
        }),
      }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** Puts an item in place of a commit that was taken back. */
  public async replace(item: TableCommitItem): Promise<void> {
    await this.dynamo.send(new PutItemCommand({ TableName: this.tableName, Item: marshall(item, { removeUndefinedValues: true }) }));
  }

  /** Notes of tables of a database that wait for a run. */
  public async waiting(database: string): Promise<WaitingItem[]> {
    const pages = paginateQuery({ client: this.dynamo }, {
      TableName: this.tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#key = :key',
      ExpressionAttributeNames: { '#key': METADATA_TABLE.partitionKey },
      ExpressionAttributeValues: marshall({ ':key': waitingItemKey(database) }),
    });
    const items: WaitingItem[] = [];
    for await (const { Items } of pages) for (const each of Items ?? []) items.push(unmarshall(each) as WaitingItem);
    return items;
  }

  /** Notes that a table waits. */
  public async putWaiting(item: WaitingItem): Promise<void> {
    await this.dynamo.send(new PutItemCommand({ TableName: this.tableName, Item: marshall(item) }));
  }

  /** Takes the note away, where there is one. */
  public async endWaiting({ objectKey, versionId }: Pick<WaitingItem, 'objectKey' | 'versionId'>): Promise<void> {
    await this.dynamo.send(new DeleteItemCommand({
      TableName: this.tableName, Key: marshall({ [METADATA_TABLE.partitionKey]: objectKey, [METADATA_TABLE.sortKey]: versionId }),
    }));
  }

  private async get(key: string, sortKey: string): Promise<unknown> {
    const { Item } = await this.dynamo.send(new GetItemCommand({
      TableName: this.tableName,
      Key: marshall({ [METADATA_TABLE.partitionKey]: key, [METADATA_TABLE.sortKey]: sortKey }),
      ConsistentRead: true,
    }));
    return Item && unmarshall(Item);
  }
}
