import { randomUUID } from 'node:crypto';
import { Workplace } from './workplace';
import { fileNameOf } from '../../contract';
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
 * made on.
 *
 * @param current where the table's metadata is now
 */
export async function sweepAttempts({ files }: Workplace, metadata: TableMetadata, current: string): Promise<number> {
  const { location } = metadata;
  const notes = await files.list(attemptsFolder(location));
  let deleted = 0;
  for (const { uri } of notes) {
    if (fileNameOf(uri).startsWith('expire-')) continue;
    const text = await files.read(uri);
    if (!text) continue;
    const { attempt, base } = JSON.parse(text.toString('utf8')) as AttemptNote;
    if (base === current) continue;
    const left = isCommitted(metadata, current, attempt) ? [] : (await files.list(`${location}/metadata/`)).filter((file) => file.uri.includes(attempt));
    await files.delete([...left.map((file) => file.uri), uri]);
    deleted += left.length;
  }
  return deleted;
}

/** Whether an attempt's snapshot is, or was, part of the table. */
function isCommitted(metadata: TableMetadata, current: string, attempt: string): boolean {
  return current.includes(attempt)
    || (metadata.snapshots ?? []).some((snapshot) => snapshot['manifest-list'].includes(attempt))
    || (metadata['metadata-log'] ?? []).some((entry) => entry['metadata-file'].includes(attempt));
}
