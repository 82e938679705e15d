import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { ObjectItem, RunItem } from '../../src/contract';

/** All items of the metadata table. */
export interface Records {
  readonly objects: readonly ObjectItem[];
  readonly runs: readonly RunItem[];
}

/** Scans the whole metadata table. */
export async function scanRecords(dynamodb: DynamoDBClient, tableName: string): Promise<Records> {
  const items: (ObjectItem | RunItem)[] = [];
  for await (const page of paginateScan({ client: dynamodb }, { TableName: tableName, ConsistentRead: true })) {
    for (const item of page.Items ?? []) items.push(unmarshall(item) as ObjectItem | RunItem);
  }
  return {
    objects: items.filter((item): item is ObjectItem => item.itemType === 'object').sort((a, b) => (a.objectKey < b.objectKey ? -1 : 1)),
    runs: items.filter((item): item is RunItem => item.itemType === 'run').sort((a, b) => (a.runId < b.runId ? -1 : 1)),
  };
}

/** A plain-text table: columns as wide as their widest cell, numbers to the right. */
export function textTable(header: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const numeric = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] === ''));
  const lines = cells.map((row) => row
    .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
    .join('  ').trimEnd());
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.map((line) => `  ${line}`).join('\n');
}
