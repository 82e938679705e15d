import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { MetadataTable } from './metadata-table';
import { METADATA_TABLE } from '../../contract';
import { invalidInput } from '../checks/validation';

/** Refuses a queue that Lambda does not send to. */
export function requireStandardQueue(scope: IConstruct, queue: sqs.IQueue | undefined): void {
  if (queue?.fifo) throw invalidInput(scope, `failureQueue must be a standard queue, got the FIFO queue '${queue.node.path}': Lambda does not send failed events to one`);
}

/** Refuses a table that cannot be recorded in. Of an imported table, or a `TableV2`, nothing is known. */
export function requireMetadataTable(scope: IConstruct, table: dynamodb.ITable): void {
  if (!(table instanceof dynamodb.Table) || table instanceof MetadataTable) return;
  const { partitionKey, sortKey, datasetIndex, runIndex } = METADATA_TABLE;
  requireKeys(scope, table, { partitionKey, sortKey });
  for (const index of [datasetIndex, runIndex]) requireKeys(scope, table, index);
}

interface Keys {
  /** Undefined for the table itself. */
  readonly name?: string;
  readonly partitionKey: string;
  readonly sortKey: string;
}

function requireKeys(scope: IConstruct, table: dynamodb.Table, { name, partitionKey, sortKey }: Keys): void {
  const has = schemaOf(table, name);
  const keys = [has?.partitionKeys, has?.sortKeys].map((found) => found?.map((key) => `${key.name} (${key.type})`).join(' and ') || 'none');
  if (keys.join() === [partitionKey, sortKey].map((key) => `${key} (S)`).join()) return;
  const what = name ? `index '${name}' of table` : 'table';
  throw invalidInput(scope, `${what} '${table.node.path}' must have the keys ${partitionKey} (S) and ${sortKey} (S), got ${keys.join(' and ')}; a MetadataTable has all of them`);
}

/** Undefined when there is no such index. */
function schemaOf(table: dynamodb.Table, index?: string): dynamodb.KeySchema | undefined {
  try {
    return table.schemaV2(index);
  } catch {
    return undefined;
  }
}
