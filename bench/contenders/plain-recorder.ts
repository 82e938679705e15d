/**
 * What one would write without this library, deployed as it is with its node_modules: HeadObject, PutItem, a log line.
 * The measure for bench/cold-start.ts.
 */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();
const dynamo = new DynamoDBClient();

export const handler = async (event: any): Promise<void> => {
  for (const { s3: { bucket, object } } of event.Records) {
    const key = decodeURIComponent(object.key.replace(/\+/g, ' '));
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
    await dynamo.send(new PutItemCommand({
      TableName: process.env.METADATA_TABLE_NAME,
      Item: { objectKey: { S: key }, versionId: { S: object.versionId ?? 'null' }, sizeBytes: { N: String(head.ContentLength) } },
    }));
    console.log(JSON.stringify({ message: 'object recorded', key }));
  }
};
