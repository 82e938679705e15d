import { GlueClient, paginateGetTables } from '@aws-sdk/client-glue';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CATALOG_PARAMETERS, RUN_SNAPSHOTS_FOLDER, type RunSnapshotLine } from '../../src/contract';
import type { LocalCloud } from '../local-cloud';
import type { DeployedPipeline } from './deploy-pipeline';
import { listObjects } from './read-back';
import { textTable } from './records';

/** What the catalog has of the landed tables. */
export interface CatalogTables {
  /** Glue's tables of landed data, by name. */
  readonly tables: readonly CatalogTable[];
  /** Lines of `run_snapshots`, by run and table. */
  readonly snapshots: readonly RunSnapshotLine[];
}

/** A table of Glue that run completion made. */
export interface CatalogTable {
  readonly name: string;
  /** `<database>/<schema>/<table>` of the source. */
  readonly dataset: string;
  readonly kind: 'Iceberg' | 'Hive';
  /** The run that it shows; absent of a table of all runs. */
  readonly run?: string;
}

/** Reads the Glue database and the lines under `run_snapshots`, neither of them by the product's own code. */
export async function readCatalog(cloud: LocalCloud, { databaseName, bucketName, landingPrefix }: DeployedPipeline): Promise<CatalogTables> {
  const glue = new GlueClient(cloud.clientConfig);
  const s3 = new S3Client(cloud.clientConfig);
  try {
    const tables: CatalogTable[] = [];
    if (databaseName === undefined) throw new Error('the pipeline has no catalog');
    for await (const { TableList } of paginateGetTables({ client: glue }, { DatabaseName: databaseName })) {
      for (const { Name, Parameters = {} } of TableList ?? []) {
        const { [CATALOG_PARAMETERS.dataset]: dataset, [CATALOG_PARAMETERS.run]: run, table_type: type } = Parameters;
        if (dataset !== undefined) tables.push({ name: Name!, dataset, run, kind: type === 'ICEBERG' ? 'Iceberg' : 'Hive' });
      }
    }
    const snapshots: RunSnapshotLine[] = [];
    for (const { key } of await listObjects(s3, bucketName, `${landingPrefix}${RUN_SNAPSHOTS_FOLDER}`)) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucketName, Key: key }));
      const text = await Body!.transformToString();
      snapshots.push(...text.trimEnd().split('\n').map((line) => JSON.parse(line) as RunSnapshotLine));
    }
    return { tables, snapshots };
  } finally {
    glue.destroy();
    s3.destroy();
  }
}

/** A line for each table of the catalog, with the snapshot that shows its run. */
export function catalogText({ tables, snapshots }: CatalogTables): string {
  return textTable(['table in Glue', 'kind', 'shows run', 'by snapshot', 'rows'], tables.map(({ name, kind, run }) => {
    const line = snapshots.find(({ table_name, run_id }) => table_name === name && run_id === run);
    return [name, kind, run ?? 'all', line?.snapshot_id ?? '', line?.rows_landed ?? ''];
  }));
}
