import {
  AlreadyExistsException, Column, ConcurrentModificationException, CreateDatabaseCommand, CreateTableCommand, DeleteTableCommand,
  EntityNotFoundException, GetTableCommand, GetTablesCommand, GlueClient, TableInput, UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { CatalogTable, metadataVersion, TableCatalog, TableCommit } from './table-catalog';
import { catalogComment, CATALOG_PARAMETERS } from '../../contract';
import { TableFiles } from '../files/table-files';
import { currentSchema, TableMetadata, writeMetadata } from '../spec/table-metadata';
import { glueTypeOf } from '../spec/types';

/** Longest description of a table (Glue, "TableInput", bytes), and longest value of a parameter. */
const MAX_DESCRIPTION_BYTES = 2048;
const MAX_PARAMETER_BYTES = 512_000;

/** Parameters by which engines know an Iceberg table in Glue. */
const ICEBERG = { type: 'table_type', location: 'metadata_location', previous: 'previous_metadata_location' } as const;

/** Properties of Iceberg tables that stand among the parameters in Glue too. */
const OWN_PREFIX = 'cdk-legacy-to-s3.';

/** Iceberg tables of a Glue database, as Iceberg's own Glue catalog keeps them: optimistic by `VersionId` (Glue, "UpdateTable"). */
export class GlueTables implements TableCatalog {
  public constructor(private readonly glue: GlueClient, private readonly database: string, private readonly files: TableFiles) {}

  public async load(name: string): Promise<CatalogTable | undefined> {
    try {
      const { Table } = await this.glue.send(new GetTableCommand({ DatabaseName: this.database, Name: name }));
      const parameters = Table?.Parameters ?? {};
      const metadataLocation = parameters[ICEBERG.type]?.toUpperCase() === 'ICEBERG' ? parameters[ICEBERG.location] : undefined;
      return { name, parameters, version: Table?.VersionId ?? '', ...(metadataLocation !== undefined && { metadataLocation }) };
    } catch (error) {
      if (error instanceof EntityNotFoundException) return undefined;
      throw error;
    }
  }

  public async names(prefix: string): Promise<string[]> {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      // The expression is a pattern of Java's; `*` at its end is Glue's own.
      const page = await this.glue.send(new GetTablesCommand({ DatabaseName: this.database, Expression: `${prefix}*`, NextToken }));
      for (const { Name } of page.TableList ?? []) if (Name?.startsWith(prefix)) names.push(Name);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return names;
  }

  public async commit({ name, base, metadata, attempt, description, parameters }: TableCommit): Promise<string | undefined> {
    const number = base?.metadataLocation === undefined ? 0 : metadataVersion(base.metadataLocation) + 1;
    const location = `${metadata.location}/metadata/${String(number).padStart(5, '0')}-${attempt}.metadata.json`;
    await this.files.replace(location, writeMetadata(metadata));
    const input = tableInput(name, location, metadata, { base, description, parameters });
    try {
      if (base) {
        await this.glue.send(new UpdateTableCommand({ DatabaseName: this.database, TableInput: input, VersionId: base.version, SkipArchive: true }));
      } else if (!await this.create(input)) {
        return (await this.load(name))?.metadataLocation === location ? location : undefined;
      }
      return location;
    } catch (error) {
      // The SDK tries again where an answer was lost: what refuses the repetition may be this commit.
      if ((await this.load(name).catch(() => undefined))?.metadataLocation === location) return location;
      if (error instanceof ConcurrentModificationException || error instanceof EntityNotFoundException) return undefined;
      throw error;
    }
  }

  public async register(
    name: string, metadataLocation: string, metadata: TableMetadata, parameters: { readonly [name: string]: string },
  ): Promise<boolean> {
    return this.create(tableInput(name, metadataLocation, metadata, { parameters }));
  }

  public async drop(table: CatalogTable): Promise<boolean> {
    // Glue deletes whatever there is: what others made of it since is looked at first.
    const now = await this.load(table.name);
    if (now?.version !== table.version) return now === undefined;
    try {
      await this.glue.send(new DeleteTableCommand({ DatabaseName: this.database, Name: table.name }));
    } catch (error) {
      if (!(error instanceof EntityNotFoundException)) throw error;
    }
    return true;
  }

  /** Makes the database too, when there is none. */
  private async create(input: TableInput): Promise<boolean> {
    const command = new CreateTableCommand({ DatabaseName: this.database, TableInput: input });
    try {
      await this.glue.send(command);
    } catch (error) {
      if (error instanceof AlreadyExistsException) return false;
      if (!(error instanceof EntityNotFoundException)) throw error;
      await this.createDatabase();
      return this.create(input);
    }
    return true;
  }

  private async createDatabase(): Promise<void> {
    try {
      await this.glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: this.database, Description: 'Tables landed from SQL Server' } }));
    } catch (error) {
      if (!(error instanceof AlreadyExistsException)) throw error;
    }
  }
}

function tableInput(
  name: string, location: string, metadata: TableMetadata,
  { base, description, parameters }: Pick<TableCommit, 'base' | 'description' | 'parameters'>,
): TableInput {
  const previous = base?.metadataLocation;
  // What others have set on an Iceberg table stays, as Iceberg's own Glue catalog leaves it; a Hive table's parameters do not.
  const kept = Object.entries(previous === undefined ? {} : base!.parameters)
    .filter(([key]) => !key.startsWith(OWN_PREFIX) || key === CATALOG_PARAMETERS.kind);
  const own = Object.entries(metadata.properties ?? {})
    .filter(([key, value]) => key.startsWith(OWN_PREFIX) && Buffer.byteLength(value) <= MAX_PARAMETER_BYTES);
  return {
    Name: name,
    ...(description !== undefined && { Description: catalogComment(description, MAX_DESCRIPTION_BYTES) }),
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      EXTERNAL: 'TRUE',
      [CATALOG_PARAMETERS.kind]: 'newest',
      ...Object.fromEntries(kept),
      ...Object.fromEntries(own),
      ...parameters,
      [ICEBERG.type]: 'ICEBERG',
      [ICEBERG.location]: location,
      ...(previous !== undefined && { [ICEBERG.previous]: previous }),
    },
    StorageDescriptor: { Location: metadata.location, Columns: glueColumns(metadata) },
  };
}

/** For people and for access by column; engines read the metadata. Their ids stand by them as Iceberg's own catalog writes them. */
function glueColumns(metadata: TableMetadata): Column[] {
  const current = currentSchema(metadata)?.fields ?? [];
  return current.map(({ id, name, type, required, doc }) => ({
    Name: name,
    Type: glueTypeOf(type),
    ...(doc !== undefined && { Comment: catalogComment(doc) }),
    Parameters: { 'iceberg.field.id': String(id), 'iceberg.field.optional': String(!required), 'iceberg.field.current': 'true' },
  }));
}
