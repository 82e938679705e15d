import { createHash } from 'node:crypto';
import { ownerOf } from './change-table';
import { datasetOf, identityText, TableRun } from './table-run';
import { Workplace } from './workplace';
import { CATALOG_PARAMETERS, generationTableName, TABLE_PROPERTIES, tableLocation } from '../../contract';
import { CatalogTable } from '../catalogs/table-catalog';
import { IcebergError } from '../spec/errors';
import { evolveFields, Field, LandedField, MappedField, nameMapping } from '../spec/schema';
import { currentSchema, nameMappingOf, newTable, readMetadata, TableMetadata } from '../spec/table-metadata';

/** The table that a run is committed to. */
export interface Ground {
  readonly metadata: TableMetadata;
  readonly fields: readonly Field[];
  readonly mapping: readonly MappedField[];
  readonly generation: number;
  /** Why it is a new table; undefined where it is the one that was there. */
  readonly began?: string;
}

/**
 * The table as it is, its schema followed on; or a new one, where the source's table is another one, or its columns changed in a way
 * that Iceberg has not.
 */
export function groundOf(run: TableRun, { before, landed, root, prefix, name, uuid, now }: {
  readonly before: TableMetadata | undefined;
  readonly landed: readonly LandedField[];
  readonly root: string;
  readonly prefix: string;
  readonly name: string;
  readonly uuid: string;
  readonly now: number;
}): Ground {
  const generation = before ? Number(before.properties?.[TABLE_PROPERTIES.generation] ?? 1) : 0;
  let began = before ? otherTable(before, run) : 'it is the first run';
  if (before && began === undefined) {
    const earlier = [...before.schemas.filter((schema) => schema !== currentSchema(before)), currentSchema(before)!];
    const evolution = evolveFields(earlier, before['last-column-id'], landed);
    if (evolution.kind === 'evolves') {
      const { fields } = evolution;
      return { metadata: before, fields, mapping: nameMapping(nameMappingOf(before), fields, landed), generation };
    }
    began = evolution.why;
  }
  const evolution = evolveFields([], 0, landed);
  if (evolution.kind === 'breaks') throw new Error(evolution.why);
  const location = root + tableLocation(prefix, name, uuid).slice(0, -1);
  const { fields } = evolution;
  return { metadata: newTable(uuid, location, now), fields, mapping: nameMapping([], fields, landed), generation: generation + 1, began };
}

/** @throws IcebergError NAME_TAKEN when a name stands for a table of others, or of another dataset */
export function requireOwn(table: CatalogTable, metadata: TableMetadata | undefined, dataset: string): void {
  const owner = ownerOf(table, metadata);
  const kind = metadata ? 'newest' : table.parameters[CATALOG_PARAMETERS.kind];
  if (owner === dataset && kind === 'newest') return;
  const other = owner === undefined ? 'somebody else made a table of this name' : `it belongs to the dataset '${owner}'${kind === 'newest' ? '' : ` (${kind})`}`;
  throw new IcebergError('NAME_TAKEN', `the table '${table.name}' cannot be made for the dataset '${dataset}': ${other}`);
}

/**
 * The uuid of a table that a run begins (RFC 9562, version 8): the same for each attempt on the same ground, so that all of them write
 * into one folder, where the next one finds what those before have left.
 */
export function uuidOf({ manifest, manifestETag, table }: TableRun, base: CatalogTable | undefined, salt = ''): string {
  const text = JSON.stringify([datasetOf(table), manifest.runId, manifestETag, base?.metadataLocation ?? null, ...(salt === '' ? [] : [salt])]);
  const digits = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(digits[16], 16) % 4];
  return [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, variant + digits.slice(17, 20), digits.slice(20, 32)].join('-');
}

function otherTable({ properties = {} }: TableMetadata, { table }: TableRun): string | undefined {
  const known = properties[TABLE_PROPERTIES.identity];
  const now = identityText(table.identity);
  if (known === now || (now === undefined && table.columns.every(({ fieldId }) => fieldId === undefined))) return undefined;
  if (known === undefined) return 'its columns have ids of the source since this run';
  const [knownDatabase, knownId, knownDate] = known.split(' ');
  const [nowDatabase, nowId, nowDate] = (now ?? '').split(' ');
  // By its fork and by its date the same database has different names: which of them a login sees may change.
  const scheme = (database: string) => database.slice(0, database.indexOf(':'));
  if (knownDatabase !== nowDatabase) {
    if (scheme(knownDatabase) === scheme(nowDatabase)) return 'the source is another database, or was restored';
    if (knownId === nowId && knownDate === nowDate) return undefined;
  }
  return knownId === nowId ? "the source's table was made anew" : "the source's table was dropped and made again";
}

/**
 * Keeps the table that had the name before as `<name>_g<N>`, or the next number that nobody has; a commit that was interrupted here is
 * made up for by its repetition. A table whose metadata is gone since is not kept.
 */
export async function keepGeneration({ catalog, files }: Workplace, name: string, metadata: TableMetadata): Promise<void> {
  const previous = metadata.properties?.[TABLE_PROPERTIES.previousGeneration];
  const text = previous === undefined ? undefined : await files.read(previous);
  if (previous === undefined || !text) return;
  const kept = readMetadata(String(text), previous);
  for (let number = Number(metadata.properties?.[TABLE_PROPERTIES.generation] ?? 2) - 1; ;) {
    const older = generationTableName(name, number);
    const there = await catalog.load(older);
    if (there?.metadataLocation?.startsWith(`${kept.location}/`)) return;
    if (there) number++;
    else if (await catalog.register(older, previous, kept, { [CATALOG_PARAMETERS.kind]: 'generation' })) return;
  }
}
