import { forEachAtOnce, Workplace } from './workplace';
import { catalogTableName, CATALOG_PARAMETERS, datasetId, Manifest, ManifestTable, TABLE_PROPERTIES, TableIdentity } from '../../contract';
import { TableFiles } from '../files/table-files';
import { DataFile, dataFile } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { footerBytes, RawFooter, readFooter } from '../spec/parquet-footer';
import { Field, LandedField } from '../spec/schema';

/** A table of a complete run, as its manifest names it. */
export interface TableRun {
  readonly manifest: Pick<Manifest, 'runId' | 'prefix' | 'finishedAt' | 'source' | 'verification'>;
  readonly manifestKey: string;
  /** Without quotes. */
  readonly manifestETag: string;
  readonly table: ManifestTable;
}

/** First read of a footer, in bytes; a larger one is read again. */
const FOOTER_GUESS = 32 * 1024;

/** Which object of the source a table is, as one text; undefined where the manifest does not tell. */
export function identityText(identity: TableIdentity | undefined): string | undefined {
  return identity && `${identity.database} ${identity.objectId} ${identity.created}`;
}

/** Properties that say what the table shows. */
export function runProperties(workplace: Workplace, { manifest, manifestKey, manifestETag, table }: TableRun): { readonly [name: string]: string } {
  const identity = identityText(table.identity);
  return {
    [CATALOG_PARAMETERS.dataset]: datasetOf(table),
    [CATALOG_PARAMETERS.run]: manifest.runId,
    [TABLE_PROPERTIES.appliedRun]: manifest.runId,
    [TABLE_PROPERTIES.manifest]: workplace.root + manifestKey,
    [TABLE_PROPERTIES.manifestETag]: manifestETag,
    [TABLE_PROPERTIES.server]: manifest.source.server ?? '',
    [TABLE_PROPERTIES.database]: manifest.source.database ?? '',
    [TABLE_PROPERTIES.verification]: table.verification?.state ?? manifest.verification?.state ?? '',
    ...(identity !== undefined && { [TABLE_PROPERTIES.identity]: identity }),
  };
}

/** Name in the catalog. */
export function tableNameOf({ table }: Pick<TableRun, 'table'>): string {
  return catalogTableName(table);
}

/** `<database>/<schema>/<table>` */
export function datasetOf(table: ManifestTable): string {
  return datasetId(table.database, table.schema, table.table);
}

/** A landed file whose footer was read and says what the manifest says. */
export interface ProvenFile {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly footer: RawFooter;
}

/**
 * Reads the footers of a table's files.
 *
 * @throws IcebergError FILE_UNPROVEN when a file is missing, or has other bytes or rows than the manifest says
 */
export async function proveFiles({ files, root }: Workplace, { table }: TableRun): Promise<ProvenFile[]> {
  return forEachAtOnce(table.objects, async ({ key, rows, sizeBytes }) => {
    const uri = root + key;
    const footer = await readFooterOf(files, uri, sizeBytes);
    if (footer.rows !== rows) throw new IcebergError('FILE_UNPROVEN', `'${uri}' has ${footer.rows} rows by its footer, the manifest says ${rows}`);
    return { uri, sizeBytes, footer };
  });
}

/** The entries of proven files. */
export function dataFiles(proven: readonly ProvenFile[], fields: readonly Field[], landed: readonly LandedField[]): DataFile[] {
  const names = landed.map(({ fileName }) => fileName);
  return proven.map((file) => dataFile(file, fields, names));
}

/** Reads a file's footer. @throws IcebergError FILE_UNPROVEN when it is missing or has other bytes */
export async function readFooterOf(files: TableFiles, uri: string, sizeBytes: number): Promise<RawFooter> {
  for (let bytes = FOOTER_GUESS; ;) {
    const read = await files.readEnd(uri, bytes);
    if (!read) throw new IcebergError('FILE_UNPROVEN', `'${uri}' is missing`);
    if (read.sizeBytes !== sizeBytes) throw new IcebergError('FILE_UNPROVEN', `'${uri}' has ${read.sizeBytes} bytes, the manifest says ${sizeBytes}`);
    const needed = footerBytes(read.end, uri);
    if (needed <= read.end.length) return readFooter(read.end, uri);
    if (needed > sizeBytes) throw new IcebergError('TABLE_UNREADABLE', `the footer of '${uri}' has ${needed} bytes, more than the file`);
    bytes = needed;
  }
}
