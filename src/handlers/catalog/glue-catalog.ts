import {
  AlreadyExistsException, BatchUpdatePartitionCommand, ConcurrentModificationException, CreateDatabaseCommand, CreatePartitionCommand,
  CreateTableCommand, DeleteTableCommand, EntityNotFoundException, GetPartitionsCommand, GetTableCommand,
  GetTablesCommand, GlueClient, Partition, PartitionInput, Table, TableInput, UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { HandlerError } from '../shared/errors';

/** How often a change starts over because another writer was faster. */
const MAX_ATTEMPTS = 10;

/** One database of the Glue catalog, changed so that concurrent writers never undo each other. */
export class GlueCatalog {
  public constructor(private readonly glue: GlueClient, private readonly database: string) {}

  public async table(name: string): Promise<Table | undefined> {
    return (await found(this.glue.send(new GetTableCommand({ DatabaseName: this.database, Name: name }))))?.Table;
  }

  /** The tables whose names begin with this text. */
  public async tablesLike(prefix: string): Promise<Table[]> {
    const tables: Table[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.glue.send(new GetTablesCommand({ DatabaseName: this.database, Expression: `${prefix}*`, NextToken }));
      tables.push(...page.TableList ?? []);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return tables;
  }

  /**
   * Makes of a table what `next` says, if it still is what `next` was shown; else starts over. A table's former versions
   * are not kept: each run would leave one. The database is made when it is not there.
   *
   * @param next undefined when nothing changes
   * @throws HandlerError WRITE_CONTENTION when other writers were faster each time
   */
  public async changeTable(name: string, next: (table: Table | undefined) => TableInput | undefined): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const table = await this.table(name);
      const input = next(table);
      if (!input) return;
      try {
        await this.glue.send(table
          ? new UpdateTableCommand({ DatabaseName: this.database, TableInput: input, VersionId: table.VersionId, SkipArchive: true })
          : new CreateTableCommand({ DatabaseName: this.database, TableInput: input }));
        return;
      } catch (error) {
        if (error instanceof EntityNotFoundException) {
          // A table that was there was deleted meanwhile; else there is no database.
          if (!table) await this.createDatabase();
        } else if (!(error instanceof AlreadyExistsException || error instanceof ConcurrentModificationException)) {
          throw error;
        }
      }
    }
    throw new HandlerError('WRITE_CONTENTION', `the Glue table '${this.database}.${name}' was changed by others ${MAX_ATTEMPTS} times while being written`);
  }

  /** Makes or replaces a partition. */
  public async putPartition(table: string, partition: PartitionInput): Promise<void> {
    try {
      await this.glue.send(new CreatePartitionCommand({ DatabaseName: this.database, TableName: table, PartitionInput: partition }));
    } catch (error) {
      if (!(error instanceof AlreadyExistsException)) throw error;
      const { Errors } = await this.glue.send(new BatchUpdatePartitionCommand({
        DatabaseName: this.database, TableName: table, Entries: [{ PartitionValueList: partition.Values, PartitionInput: partition }],
      }));
      const detail = Errors?.[0]?.ErrorDetail;
      if (detail) throw new Error(`${detail.ErrorCode}: ${detail.ErrorMessage} (partition of '${this.database}.${table}')`);
    }
  }

  public async partitions(table: string): Promise<Partition[]> {
    const partitions: Partition[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.glue.send(new GetPartitionsCommand({ DatabaseName: this.database, TableName: table, NextToken }));
      partitions.push(...page.Partitions ?? []);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return partitions;
  }

  public async deleteTable(name: string): Promise<void> {
    await found(this.glue.send(new DeleteTableCommand({ DatabaseName: this.database, Name: name })));
  }

  private async createDatabase(): Promise<void> {
    try {
      await this.glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: this.database, Description: 'Tables landed from SQL Server' } }));
    } catch (error) {
      if (!(error instanceof AlreadyExistsException)) throw error;
    }
  }
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EntityNotFoundException) return undefined;
    throw error;
  }
}
