import { pathToFileURL } from 'node:url';
import { extract, ExtractFormat, type ExtractorProps, TimeType, UniqueidentifierType } from '../../src/extractor/doors/public';
import type { StandIn } from '../stand-in';
import { askSource } from './all-types';
import type { Lake } from './lake';
import type { ManifestTable } from '../../src/contract';
import type { ExpectedCells, TableAddress } from '../engines';
import { TYPE_CASES } from '../stand-in/data-set/all-types';

/** A landed table, where it is, and what it must show. */
export interface TypeTable {
  /** What its columns' types were chosen by. @default the defaults */
  readonly option?: string;
  readonly manifest: ManifestTable;
  readonly expected: ExpectedCells;
  readonly inCloud: Required<TableAddress>;
  readonly inFolder: TableAddress;
}

const columnsOf = (type: RegExp) => TYPE_CASES.filter((each) => type.test(each.type)).map(({ column }) => column);
/** Of scale 7 `time` is nanoseconds as a Parquet type, and Iceberg has none. */
const TIMES = columnsOf(/^time\([0-6]\)$/);
const UUIDS = columnsOf(/^uniqueidentifier$/);

/**
 * Lands the stand-in's table of every type and its edge values, several files of it, and its columns whose types an option chooses
 * another form for; commits both in the cloud and in the folder.
 */
export async function landTypes(lake: Lake, folder: string, server: StandIn): Promise<readonly TypeTable[]> {
  const { host, port, database, user, password } = server;
  const props = {
    source: { server: host, port, database, user, password, encrypt: false },
    target: pathToFileURL(folder).href,
    format: ExtractFormat.parquet(),
    readers: 1,
    threads: 1,
  };
  const land = async (more: Partial<ExtractorProps>, option?: string): Promise<TypeTable> => {
    const { manifestKey } = await extract({ ...props, ...more });
    const manifest = lake.manifest(manifestKey);
    const [{ name }] = await lake.commit(manifestKey);
    const [{ metadataLocation }] = await lake.commitInFolder(manifestKey);
    return {
      ...(option !== undefined && { option }),
      manifest: manifest.tables[0],
      expected: await askSource(server, manifest.tables[0], 'AllTypes'),
      inCloud: await lake.address(name),
      inFolder: { metadataLocation: metadataLocation!.slice('file://'.length) },
    };
  };
  return [
    await land({ tables: ['AllTypes'], targetChunkRows: 40 }),
    await land({ query: selected('NativeTimes', TIMES), types: { time: TimeType.NATIVE } }, '`time: native`'),
    await land({ query: selected('NativeUuids', UUIDS), types: { uniqueidentifier: UniqueidentifierType.UUID } }, '`uniqueidentifier: uuid`'),
  ];
}

const selected = (name: string, columns: readonly string[]) => ({ name: `dbo.${name}`, sql: `SELECT Id, ${columns.join(', ')} FROM dbo.AllTypes` });
