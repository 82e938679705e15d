import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { METADATA_TABLE, type RunItem, RUNS_DATASET } from '../../contract';

/** The newest runs of a metadata table, newest first. @param limit at most 1000 */
export async function listRuns(client: DynamoDBClient, tableName: string, limit: number): Promise<RunItem[]> {
  const { name, partitionKey } = METADATA_TABLE.datasetIndex;
  const { Items = [] } = await client.send(new QueryCommand({
    TableName: tableName,
    IndexName: name,
    KeyConditionExpression: '#dataset = :runs',
    ExpressionAttributeNames: { '#dataset': partitionKey },
    ExpressionAttributeValues: { ':runs': { S: RUNS_DATASET } },
    ScanIndexForward: false,
    Limit: limit,
  }));
  return Items.map((item) => unmarshall(item) as RunItem);
}
