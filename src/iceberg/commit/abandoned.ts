import { attemptsFolder, isAttemptNote } from './attempts';
import { metadataAt, Workplace } from './workplace';
import { decodeKeySegment, TABLE_PROPERTIES } from '../../contract';
import { ListedFile } from '../files/table-files';
import { TableMetadata } from '../spec/table-metadata';

/** The folder of a table: what its name was, and a uuid. */
const FOLDER = /^(.*)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Deletes folders that first commits of a table have left, or those of a new generation, which another writer or an interruption kept
 * from getting a name. An attempt's note stands in such a folder; one without a note was a table once, and stays.
 *
 * @param before files that are younger, in milliseconds since 1970, may be of a commit under way
 */
export async function deleteAbandoned({ files, catalog }: Workplace, metadata: TableMetadata, before: number): Promise<void> {
  const slash = metadata.location.lastIndexOf('/') + 1;
  const [tables, own] = [metadata.location.slice(0, slash), metadata.location.slice(slash)];
  const segment = FOLDER.exec(own)?.[1];
  if (segment === undefined) return;
  const folders = new Map<string, ListedFile[]>();
  for (const file of await files.list(`${tables}${segment}-`)) {
    const folder = file.uri.slice(tables.length).split('/')[0];
    if (folder !== own && FOLDER.exec(folder)?.[1] === segment) folders.set(folder, [...folders.get(folder) ?? [], file]);
  }
  const left = [...folders].filter(([folder, found]) => found.every(({ modifiedAt }) => modifiedAt.getTime() < before)
    && found.some(({ uri }) => uri.startsWith(attemptsFolder(tables + folder)) && isAttemptNote(uri)));
  if (left.length === 0) return;
  const named = await namedLocations({ files, catalog }, decodeKeySegment(segment));
  for (const [folder, found] of left) {
    if (!named.some((location) => location.startsWith(`${tables}${folder}/`))) await files.delete(found.map(({ uri }) => uri));
  }
}

/** Where the metadata of a name and of its generations is, one that has no name yet among them. */
async function namedLocations({ files, catalog }: Pick<Workplace, 'files' | 'catalog'>, name: string): Promise<string[]> {
  const names = (await catalog.names(name)).filter((each) => each === name || /^_g\d+$/.test(each.slice(name.length)));
  const there = await Promise.all(names.map((each) => catalog.load(each)));
  const locations = there.flatMap((table) => table?.metadataLocation ?? []);
  const all = await Promise.all(locations.map((location) => metadataAt({ files }, location)));
  return [...locations, ...all.flatMap(({ properties }) => properties?.[TABLE_PROPERTIES.previousGeneration] ?? [])];
}
