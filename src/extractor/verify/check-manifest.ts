import { objectsOfRole, type Manifest, type ManifestObject, type ManifestTable } from '../../contract';
import { VerificationFault, type VerificationProblem } from '../api/verification-result';
import { sumHashTexts } from '../rows/hash/content-hash';

type Problem = Omit<VerificationProblem, 'message'>;

/** Whether the sums of the manifest are the sums of its parts. */
export function checkManifest({ tables, totals }: Manifest): Problem[] {
  const problems: Problem[] = tables.flatMap(checkTable);
  const compare = comparer(problems, {});
  const sum = (of: 'rows' | 'sizeBytes') => tables.reduce((total, table) => total + table[of], 0);
  compare('rows of all tables', sum('rows'), totals.rows);
  compare('bytes of all tables', sum('sizeBytes'), totals.sizeBytes);
  compare('objects of all tables', tables.reduce((total, { objects }) => total + objects.length, 0), totals.objects);
  return problems;
}

function checkTable(table: ManifestTable): Problem[] {
  const problems: Problem[] = [];
  const name = `${table.schema}.${table.table}`;
  const compare = comparer(problems, { table: name });
  const { objects, chunks, changes } = table;
  // Of changes those are the newest values; keys are of the same rows.
  const rowsOf = (of: readonly ManifestObject[]) => objectsOfRole(of, changes ? 'changes' : 'rows').reduce((sum, { rows }) => sum + rows, 0);
  compare('rows of the table', rowsOf(objects), table.rows);
  if (changes) {
    const sum = (role: 'keys' | 'deletes') => objectsOfRole(objects, role).reduce((total, { rows }) => total + rows, 0);
    compare('inserted and updated rows', rowsOf(objects), changes.inserts + changes.updates);
    if (changes.keyColumns.length > 0) compare('keys of these rows', sum('keys'), changes.keyRows ?? changes.inserts + changes.updates);
    if (changes.deletesSeen) compare('deleted keys', sum('deletes'), changes.deletes);
  }
  compare('bytes of the table', objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), table.sizeBytes);
  const byChunk = new Map<number, ManifestObject[]>();
  for (const object of objects) {
    const chunk = chunkOf(object.part);
    const own = byChunk.get(chunk);
    if (own) own.push(object);
    else byChunk.set(chunk, [object]);
  }
  for (const { chunk, rows, contentHash } of chunks ?? []) {
    const own = byChunk.get(chunk) ?? [];
    const compareChunk = comparer(problems, { table: name, chunk });
    compareChunk('rows of the chunk', rowsOf(own), rows);
    const hashes = own.flatMap((object) => object.contentHash ?? []);
    if (contentHash === undefined || hashes.length < own.length) continue;
    compareChunk('content hash of the chunk', sumHashTexts(hashes), contentHash);
  }
  return problems;
}

/** The chunk of a part `<chunk>-<file>`. */
export function chunkOf(part: string): number {
  return Number(part.split('-')[0]);
}

function comparer(problems: Problem[], place: Pick<Problem, 'table' | 'chunk'>) {
  return (what: string, sum: number | string, stated: number | string) => {
    if (sum !== stated) problems.push({ fault: VerificationFault.MANIFEST, ...place, expected: `${what}: ${sum} by the objects`, found: `${stated} stated` });
  };
}
