import * as glue from 'aws-cdk-lib/aws-glue';
import { Construct, IConstruct } from 'constructs';

/** A Glue table over objects of JSON Lines. */
export interface JsonLinesTableProps {
  readonly catalogId: string;
  readonly database: IConstruct;
  readonly databaseName: string;
  readonly name: string;
  readonly description: string;
  /** Folder of the objects, `s3://<bucket>/…/`. */
  readonly location: string;
  /** Glue's types by the columns' names. */
  readonly columns: { readonly [name: string]: string };
}

/** Makes the table, once its database is there. */
export function jsonLinesTable(scope: Construct, id: string, props: JsonLinesTableProps): glue.CfnTable {
  const table = new glue.CfnTable(scope, id, {
    catalogId: props.catalogId,
    databaseName: props.databaseName,
    tableInput: {
      name: props.name,
      description: props.description,
      tableType: 'EXTERNAL_TABLE',
      parameters: { EXTERNAL: 'TRUE', classification: 'json' },
      storageDescriptor: {
        location: props.location,
        columns: Object.entries(props.columns).map(([name, type]) => ({ name, type })),
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
      },
    },
  });
  table.node.addDependency(props.database);
  return table;
}
