import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand, PutItemCommandInput, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { HandlerError } from './errors';
import { Completion } from './merge-record';
import { ObjectRecord } from './object-record';
import { METADATA_TABLE, ObjectItem } from '../../contract';

/** How often a write starts over because another writer was faster; each time the item is newer, so few are needed. */
const MAX_ATTEMPTS = 20;

/** What a write did. */
export interface WriteResult {
  readonly written: boolean;
  /** The item as it is now. */
  readonly item: ObjectItem;
}

/** Told how long each PutItem took, in milliseconds. */
export type PutObserver = (milliseconds: number) => void;

/** Object items of the metadata table, written so that concurrent writers never undo each other. */
export class ItemStore {
  public constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly tableName: string,
    private readonly onPut: PutObserver = () => {},
  ) {}

  /**
   * Writes what `next` makes of the item as it is, by PutItem on the condition that it still is so; else starts over.
   *
   * The first try supposes that there is no item, as for nearly every new object, and so needs no read: DynamoDB answers
   * a failed condition with the item.
   *
   * @param next what the item becomes; undefined when nothing changes
   * @throws HandlerError WRITE_CONTENTION when other writers were faster each time
   */
  public async update(next: (item: ObjectItem | undefined) => Promise<ObjectItem | undefined>): Promise<WriteResult> {
    let item: ObjectItem | undefined;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const changed = await next(item);
      if (!changed) return { written: false, item: item! };
      const refused = await this.putIfUnchanged(changed, item);
      if (!refused) return { written: true, item: changed };
      item = refused.item;
    }
    throw new HandlerError('WRITE_CONTENTION', `the item was changed by others ${MAX_ATTEMPTS} times while being written`);
  }

  /**
   * Sets what run completion knows on the item of `record`, by one UpdateItem, if that item is there with the same content.
   *
   * @returns whether it was
   */
  public async setCompletion(record: ObjectRecord, { rows, contentHash }: Completion): Promise<boolean> {
    try {
      await this.dynamo.send(new UpdateItemCommand({
        TableName: this.tableName,
        Key: marshall({ [METADATA_TABLE.partitionKey]: record.objectKey, [METADATA_TABLE.sortKey]: record.versionId }),
        UpdateExpression: `SET #rows = :rows${contentHash === undefined ? ' REMOVE #hash' : ', #hash = :hash'} ADD #revision :one`,
        ConditionExpression: '#state = :present AND #eTag = :eTag AND #size = :size',
        ExpressionAttributeNames: {
          '#rows': 'rows', '#hash': 'contentHash', '#revision': 'revision', '#state': 'state', '#eTag': 'eTag', '#size': 'sizeBytes',
        },
        ExpressionAttributeValues: marshall({
          ':rows': rows, ':hash': contentHash, ':one': 1, ':present': 'PRESENT', ':eTag': record.eTag ?? '', ':size': record.sizeBytes,
        }, { removeUndefinedValues: true }),
      }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  private async putIfUnchanged(next: ObjectItem, previous: ObjectItem | undefined): Promise<{ readonly item?: ObjectItem } | undefined> {
    const started = performance.now();
    try {
      await this.dynamo.send(new PutItemCommand({
        TableName: this.tableName,
        Item: marshall(next, { removeUndefinedValues: true }),
        ...unchanged(previous),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }));
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { item: error.Item && (unmarshall(error.Item) as ObjectItem) };
    } finally {
      this.onPut(performance.now() - started);
    }
  }
}

function unchanged(previous: ObjectItem | undefined): Partial<PutItemCommandInput> {
  if (!previous) {
    return { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': METADATA_TABLE.partitionKey } };
  }
  return {
    ConditionExpression: '#revision = :revision',
    ExpressionAttributeNames: { '#revision': 'revision' },
    ExpressionAttributeValues: { ':revision': { N: String(previous.revision) } },
  };
}
