import { TableFacts } from './catalog';
import { ColumnDefinition, TableOptions } from '../sql/ast';
import { parseExpression } from '../sql/parser/statement-parser';
import { SqlType } from '../sql/types';

/** A column that a node or edge table has besides its own. */
export interface GraphColumn extends ColumnDefinition {
  readonly graphType?: number;
}

export function tableFacts(options: TableOptions | undefined): TableFacts {
  const isOn = (name: string) => options?.with?.get(name) === 'ON';
  return {
    ...(options?.external && { external: true }),
    ...(options?.as === 'FILETABLE' && { fileTable: true }),
    ...(options?.as === 'NODE' && { graph: 'node' as const }),
    ...(options?.as === 'EDGE' && { graph: 'edge' as const }),
    ...(isOn('MEMORY_OPTIMIZED') && { memoryOptimized: true }),
    ...(isOn('LEDGER') && { ledger: true }),
    ...(isOn('SYSTEM_VERSIONING') && { temporalType: 2 as const }),
  };
}

const BIGINT: SqlType = { name: 'bigint' };
const INT: SqlType = { name: 'int' };
const ID_TEXT: SqlType = { name: 'nvarchar', length: 1000 };

/**
 * The columns of a graph table ("SQL Graph Architecture"): internal ones, and those that hold ids as JSON. Those of an edge's
 * ends are stored as they are inserted, and what the server would keep of them is left NULL.
 */
export function withGraphColumns(
  graph: TableFacts['graph'], { schema, name }: { readonly schema: string; readonly name: string }, own: readonly ColumnDefinition[],
): readonly GraphColumn[] {
  if (!graph) {
    return own;
  }
  const digits = Buffer.from(`${schema}.${name}`).toString('hex').toUpperCase().padEnd(32, '0').slice(0, 32);
  const column = (of: string, graphType: number, type: SqlType, more: Partial<ColumnDefinition> = {}): GraphColumn => ({
    name: `${of}_${digits}`, graphType, type, nullable: true, constraints: [], ...more,
  });
  const text = `CONCAT(N'{"type":"${graph}","schema":"${schema}","table":"${name}","id":', [graph_id_${digits}], N'}')`;
  const ids = [
    column('graph_id', 1, BIGINT, { nullable: false, identity: { seed: 0n, increment: 1n } }),
    column(`$${graph}_id`, 2, ID_TEXT, { type: undefined, computed: { expr: parseExpression(text), text, persisted: false } }),
  ];
  const end = (of: 'from' | 'to', first: number) => [
    column(`${of}_obj_id`, first + 1, INT), column(`${of}_id`, first, BIGINT), column(`$${of}_id`, first + 2, ID_TEXT),
  ];
  return [...ids, ...graph === 'edge' ? [...end('from', 3), ...end('to', 6)] : [], ...own];
}

/** Of the fixed schema of a FileTable ("FileTable Schema") what the stand-in can hold. */
export function fileTableColumns(): ColumnDefinition[] {
  const column = (name: string, type: SqlType, more: Partial<ColumnDefinition> = {}): ColumnDefinition => (
    { name, type, nullable: false, constraints: [], ...more });
  return [
    column('stream_id', { name: 'uniqueidentifier' }),
    column('file_stream', { name: 'varbinary', length: -1 }, { nullable: true, fileStream: true }),
    column('name', { name: 'nvarchar', length: 255 }),
    column('is_directory', { name: 'bit' }),
  ];
}
