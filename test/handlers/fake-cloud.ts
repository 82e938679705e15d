import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { ObjectItem } from '../../src/contract';

/** One unversioned key of a bucket and its item, each request taking effect when `turn` lets it. */
export class FakeCloud {
  public content?: string;
  public item?: ObjectItem;
  public readonly s3 = { send: async (command: unknown) => this.headObject(command) } as unknown as S3Client;
  public readonly dynamo = { send: async (command: unknown) => this.write(command) } as unknown as DynamoDBClient;

  /** @param turn resolves when the next request of this kind takes effect */
  public constructor(private readonly turn: (request: string) => Promise<unknown>) {}

  private async headObject(command: unknown): Promise<unknown> {
    // Asked only whether the bucket is there.
    if (command instanceof ListObjectsV2Command) return {};
    if (!(command instanceof HeadObjectCommand)) throw new TypeError('only HeadObject and ListObjectsV2 are known here');
    await this.turn('HeadObject');
    if (this.content === undefined) throw Object.assign(new Error('NotFound'), { $metadata: { httpStatusCode: 404 } });
    return {
      ContentLength: this.content.length, ETag: `"${this.content}"`, ChecksumSHA256: `sum of ${this.content}`, LastModified: new Date(0), Metadata: {},
    };
  }

  private async write(command: unknown): Promise<unknown> {
    if (command instanceof PutItemCommand) {
      await this.turn('PutItem');
      const { ConditionExpression, ExpressionAttributeValues, Item } = command.input;
      const conditions: { readonly [expression: string]: () => boolean } = {
        'attribute_not_exists(#key)': () => this.item === undefined,
        '#revision = :revision': () => this.item?.revision === Number(ExpressionAttributeValues![':revision'].N),
      };
      if (!conditions[ConditionExpression!]()) throw this.refused();
      this.item = unmarshall(Item!) as ObjectItem;
      return {};
    }
    if (command instanceof UpdateItemCommand) {
      await this.turn('UpdateItem');
      expect(command.input.ConditionExpression).toBe('#state = :present AND #eTag = :eTag AND #size = :size');
      const values = unmarshall(command.input.ExpressionAttributeValues!);
      const { item } = this;
      if (item?.state !== values[':present'] || item?.eTag !== values[':eTag'] || item?.sizeBytes !== values[':size']) throw this.refused();
      this.item = { ...item!, rows: values[':rows'], contentHash: values[':hash'], revision: item!.revision + 1 };
      return {};
    }
    throw new TypeError('only PutItem and UpdateItem are known here');
  }

  private refused(): ConditionalCheckFailedException {
    const error = new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    if (this.item) {
      // The real answer holds attribute values; the store takes them apart again.
      error.Item = JSON.parse(JSON.stringify(marshalled(this.item)));
    }
    return error;
  }
}

function marshalled(item: ObjectItem): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'number' ? { N: String(value) } : { S: value }]));
}
