import { randomUUID } from 'node:crypto';
import { listedManifests } from './snapshot-files';
import { forEachAtOnce, metadataAt, required, Workplace } from './workplace';
import { fileNameOf, TABLE_PROPERTIES } from '../../contract';
import { CatalogTable, metadataVersion } from '../catalogs/table-catalog';
import { canonicalUri } from '../files/table-files';
import { dataFolder } from '../rows/own-files';
import { EntryStatus, readManifest } from '../spec/manifest';
import { TableMetadata } from '../spec/table-metadata';

/** What is noted before an attempt writes anything else, so that what it leaves can be found. */
interface AttemptNote {
  readonly attempt: string;
  readonly runId: string;
  /** Metadata it is made on; `null`: none. It cannot be committed once the table has another. */
  readonly base: string | null;
}

/** Folder with the notes of what is under way. */
export function attemptsFolder(location: string): string {
  return `${location}/attempts/`;
}

/** Whether a file is the note of an attempt; those of expiries, and what is only being written, are none. */
export function isAttemptNote(uri: string): boolean {
  return /^[0-9a-f-]{36}\.json$/.test(fileNameOf(uri));
}

/** Notes an attempt. @returns its id, which is part of the names of its files */
export async function noteAttempt({ files }: Workplace, location: string, runId: string, base: string | undefined): Promise<string> {
  const attempt = randomUUID();
  const note: AttemptNote = { attempt, runId, base: base ?? null };
  await files.replace(`${attemptsFolder(location)}${attempt}.json`, JSON.stringify(note));
  return attempt;
}

/** Ends an attempt that was committed: its files are named by metadata now. */
export async function endAttempt({ files }: Workplace, location: string, attempt: string): Promise<void> {
  await files.delete([`${attemptsFolder(location)}${attempt}.json`]);
}

/**
 * Deletes what attempts have left that were not committed and cannot be any more, because the table has other metadata than they were
 * made on. The table is looked at after the notes: what was noted before is part of it by then, if it ever will be.
 *
 * @param location the folder of the table that the name stood for
 */
export async function sweepAttempts(workplace: Workplace, name: string, location: string): Promise<number> {
  const { files, catalog } = workplace;
  const notes = (await files.list(attemptsFolder(location))).filter(({ uri }) => isAttemptNote(uri));
  if (notes.length === 0) return 0;
  const current = (await catalog.load(name))?.metadataLocation;
  const metadata = current === undefined ? undefined : await metadataAt(workplace, current);
  if (metadata?.location !== location) return 0;
  let deleted = 0;
  let named: ReadonlySet<string> | undefined;
  for (const { uri } of notes) {
    const text = await files.read(uri);
    if (!text) continue;
    const { attempt, base } = JSON.parse(text.toString('utf8')) as AttemptNote;
    if (base === current) continue;
    // One that was committed ended before it deleted what the log names no more.
    const committed = isCommitted(metadata, current!, attempt);
    const isLeft = committed ? isForgotten(metadata) : (file: string) => file.includes(attempt);
    const listed = [...await files.list(`${location}/metadata/`), ...committed ? [] : await files.list(dataFolder(location))];
    const found = listed.map((file) => file.uri).filter(isLeft);
    // Whose own snapshot has expired may be named by those that followed it.
    if (found.some(isNamed)) named ??= await namedFiles(workplace, metadata);
    const left = found.filter((file) => !named?.has(canonicalUri(file)));
    await files.delete([...left, uri]);
    deleted += left.length;
  }
  return deleted;
}

/** An attempt, and the folder of the table that it writes to. */
export interface Attempt {
  readonly location: string;
  readonly attempt: string;
}

/**
 * Deletes what attempts of this process have left that came too late: in folders of tables that they were to begin, where another one
 * began the table, and in the table's own, where a sweep may have been there before the last of their files.
 *
 * @param table what the name stands for since, and its metadata
 */
export async function forgetAttempts(
  { files }: Workplace, attempts: readonly Attempt[], table: CatalogTable | undefined, metadata: TableMetadata | undefined,
): Promise<void> {
  for (const { location, attempt } of attempts) {
    if (metadata?.location === location) {
      // What refused it may have been its own repetition.
      if (isCommitted(metadata, table!.metadataLocation!, attempt)) continue;
      const there = [...await files.list(`${location}/metadata/`), ...await files.list(dataFolder(location))];
      const own = there.map(({ uri }) => uri).filter((uri) => uri.includes(attempt));
      await files.delete([...own, `${attemptsFolder(location)}${attempt}.json`]);
      continue;
    }
    // In a folder that was the table's until a newer generation began, nobody's attempt can be told from the table.
    if (metadata?.properties?.[TABLE_PROPERTIES.previousGeneration]?.startsWith(`${location}/`)) continue;
    const there = (await files.list(`${location}/`)).map(({ uri }) => uri);
    const own = there.filter((uri) => uri.includes(attempt));
    // What has no attempt's name (`v1.metadata.json`) is found by the note, which stays then: another attempt may write there too.
    await files.delete(own.length === there.length ? own : own.filter((uri) => !isAttemptNote(uri)));
  }
}

/** A file that snapshots name by way of others: a manifest, or rows and deletes of our own. */
function isNamed(uri: string): boolean {
  return /-m\d+\.avro$/.test(uri) || uri.endsWith('.parquet');
}

/** Manifests that any snapshot of a table names, and the files that they name. */
async function namedFiles({ files }: Workplace, { snapshots = [] }: TableMetadata): Promise<ReadonlySet<string>> {
  const lists = await forEachAtOnce(snapshots, async (snapshot) => listedManifests(files, snapshot));
  const manifests = new Map(lists.flat().map((listed) => [listed.path, listed]));
  const named = await forEachAtOnce([...manifests.values()], async (listed) => {
    const { entries } = readManifest(await required(files, listed.path), listed.path);
    return entries.flatMap(({ status, file }) => (status === EntryStatus.deleted ? [] : [canonicalUri(file.filePath)]));
  });
  return new Set([...[...manifests.keys()].map(canonicalUri), ...named.flat()]);
}

/** Whether an attempt's snapshot is, or was, part of the table. */
function isCommitted(metadata: TableMetadata, current: string, attempt: string): boolean {
  return current.includes(attempt)
    || (metadata.snapshots ?? []).some((snapshot) => snapshot['manifest-list'].includes(attempt))
    || (metadata['metadata-log'] ?? []).some((entry) => entry['metadata-file'].includes(attempt));
}

/** Which metadata files are older than those that the log names. */
function isForgotten({ 'metadata-log': log = [] }: TableMetadata): (file: string) => boolean {
  const oldest = Math.min(...log.map((entry) => metadataVersion(entry['metadata-file'])));
  return (file) => file.endsWith('.metadata.json') && log.length > 0 && metadataVersion(file) < oldest;
}
