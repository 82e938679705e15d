import { CHANGE_ROLES, isOneLineage, type ManifestChanges } from './changes';
import { CHANGES_MANIFEST_VERSION, INCOMPLETE_MANIFEST_VERSION, MANIFEST_VERSION, PAGED_MANIFEST_VERSION, type Manifest, type ManifestPage } from './manifest';
import type { ManifestChunk, ManifestObject, ManifestTable } from './manifest-table';
import { isPartitionPrefix } from './object-keys';

/** A table of a page: the whole table, or more chunks and objects of the one before it. */
export type ManifestPageTable = ManifestTable | ManifestTableRest;

/** What a table has more than fits where it begins. */
export interface ManifestTableRest {
  readonly continued: true;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly chunks?: readonly ManifestChunk[];
  readonly objects: readonly ManifestObject[];
}

/** What a page holds, as JSON. */
export interface ManifestPageContent {
  readonly runId: string;
  /** From 1. */
  readonly page: number;
  readonly tables: readonly ManifestPageTable[];
}

/** What is wrong with a manifest, as a list of `path: problem`. */
export class InvalidManifestError extends Error {
  public readonly code = 'INVALID_MANIFEST';

  public constructor(public readonly problems: readonly string[]) {
    super(`invalid manifest: ${problems.slice(0, 5).join('; ')}${problems.length > 5 ? `; and ${problems.length - 5} more` : ''}`);
    this.name = 'InvalidManifestError';
  }
}

/**
 * Parses and checks a manifest.
 *
 * @throws InvalidManifestError when the text is not JSON, is of another version, or lacks what a reader needs
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidManifestError([`not JSON (${(error as Error).message})`]);
  }
  const problems = manifestProblems(value);
  if (problems.length > 0) throw new InvalidManifestError(problems);
  return value as Manifest;
}

const VERSIONS: readonly unknown[] = [MANIFEST_VERSION, PAGED_MANIFEST_VERSION, INCOMPLETE_MANIFEST_VERSION, CHANGES_MANIFEST_VERSION];

/** What is wrong with a manifest, as a list of `path: problem`. */
export function manifestProblems(value: unknown): string[] {
  if (!isRecord(value)) return ['expected an object'];
  if (!VERSIONS.includes(value.manifestVersion)) {
    return [`manifestVersion: expected ${VERSIONS.join(', ')}, got ${JSON.stringify(value.manifestVersion)}`];
  }
  const problems: string[] = [];
  const need = (owner: Record<string, unknown>, path: string, key: string, type: 'string' | 'count') => {
    const got = owner[key];
    const ok = type === 'string' ? typeof got === 'string' && got !== '' : Number.isSafeInteger(got) && (got as number) >= 0;
    if (!ok) problems.push(`${path}${key}: expected a ${type === 'string' ? 'non-empty string' : 'whole number >= 0'}, got ${JSON.stringify(got)}`);
  };
  need(value, '', 'runId', 'string');
  need(value, '', 'startedAt', 'string');
  need(value, '', 'finishedAt', 'string');
  if (typeof value.prefix !== 'string') problems.push(`prefix: expected a string, got ${JSON.stringify(value.prefix)}`);
  if (!isRecord(value.source)) problems.push('source: expected an object');
  if (value.manifestVersion === INCOMPLETE_MANIFEST_VERSION || value.missingTables !== undefined) {
    const { missingTables } = value;
    if (!Array.isArray(missingTables) || missingTables.length === 0) {problems.push('missingTables: expected an array of one table or more');} else {
      missingTables.forEach((table: unknown, at) => {
        if (!isRecord(table)) return void problems.push(`missingTables[${at}]: expected an object`);
        for (const key of ['schema', 'table', 'code', 'message']) need(table, `missingTables[${at}].`, key, 'string');
      });
    }
  }
  if (value.manifestVersion === PAGED_MANIFEST_VERSION || value.pages !== undefined) {
    if (!Array.isArray(value.pages) || value.pages.length === 0) {problems.push('pages: expected an array of one page or more');} else {
      value.pages.forEach((page: unknown, at) => {
        if (!isRecord(page)) return void problems.push(`pages[${at}]: expected an object`);
        need(page, `pages[${at}].`, 'key', 'string');
        need(page, `pages[${at}].`, 'sizeBytes', 'count');
        need(page, `pages[${at}].`, 'sha256', 'string');
      });
    }
  }
  if (!Array.isArray(value.tables)) return [...problems, 'tables: expected an array'];
  value.tables.forEach((table: unknown, t) => {
    const at = `tables[${t}].`;
    if (!isRecord(table)) return void problems.push(`tables[${t}]: expected an object`);
    for (const key of ['database', 'schema', 'table', 'schemaFingerprint']) need(table, at, key, 'string');
    need(table, at, 'rows', 'count');
    if (table.partitionPrefix !== undefined && !isPartitionPrefix(table.partitionPrefix)) {
      problems.push(`${at}partitionPrefix: expected 'landed_' or 'landed_<number>_', got ${JSON.stringify(table.partitionPrefix)}`);
    }
    if (table.changes !== undefined) problems.push(...changesProblems(table.changes, value.manifestVersion, `${at}changes.`));
    if (table.base !== undefined) problems.push(...(isRecord(table.base) ? markProblems(table.base.mark, `${at}base.mark`) : [`${at}base: expected an object`]));
    if (!Array.isArray(table.columns)) problems.push(`${at}columns: expected an array`);
    if (!Array.isArray(table.objects)) return void problems.push(`${at}objects: expected an array`);
    table.objects.forEach((object: unknown, o) => {
      const path = `${at}objects[${o}].`;
      if (!isRecord(object)) return void problems.push(`${at}objects[${o}]: expected an object`);
      need(object, path, 'key', 'string');
      const roles = table.changes === undefined ? [undefined] : CHANGE_ROLES;
      if (!roles.some((role) => role === object.role)) {
        problems.push(`${path}role: expected ${table.changes === undefined ? 'none' : CHANGE_ROLES.join(', ')}, got ${JSON.stringify(object.role)}`);
      }
      need(object, path, 'rows', 'count');
      need(object, path, 'sizeBytes', 'count');
      if (!isRecord(object.checksum)) return void problems.push(`${path}checksum: expected an object`);
      need(object.checksum, `${path}checksum.`, 'algorithm', 'string');
      need(object.checksum, `${path}checksum.`, 'value', 'string');
    });
  });
  return problems;
}

function changesProblems(changes: unknown, version: unknown, path: string): string[] {
  if (version !== CHANGES_MANIFEST_VERSION) return [`${path.slice(0, -1)}: only a manifest of version ${CHANGES_MANIFEST_VERSION} holds changes`];
  if (!isRecord(changes)) return [`${path.slice(0, -1)}: expected an object`];
  const problems = [...markProblems(changes.from, `${path}from`), ...markProblems(changes.to, `${path}to`)];
  if (typeof changes.previousRun !== 'string' || changes.previousRun === '') problems.push(`${path}previousRun: expected a non-empty string, got ${JSON.stringify(changes.previousRun)}`);
  if (!Array.isArray(changes.keyColumns)) problems.push(`${path}keyColumns: expected an array`);
  for (const key of ['inserts', 'updates', 'deletes', ...(changes.keyRows === undefined ? [] : ['keyRows'])]) {
    if (!Number.isSafeInteger(changes[key]) || (changes[key] as number) < 0) problems.push(`${path}${key}: expected a whole number >= 0, got ${JSON.stringify(changes[key])}`);
  }
  if (problems.length > 0) return problems;
  const { from, to } = changes as unknown as ManifestChanges;
  if (!isOneLineage(from, to)) problems.push(`${path}to: expected a mark of the lineage '${from.lineage}', got '${to.lineage}'`);
  else if (to.order < from.order) problems.push(`${path}to: expected ${from.order} or later, got ${to.order}`);
  return problems;
}

function markProblems(mark: unknown, path: string): string[] {
  if (!isRecord(mark)) return [`${path}: expected an object`];
  return ['way', 'lineage', 'order', 'at'].filter((key) => typeof mark[key] !== 'string' || mark[key] === '')
    .map((key) => `${path}.${key}: expected a non-empty string, got ${JSON.stringify(mark[key])}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Brings the tables of a manifest's pages together; a manifest without pages is returned as it is.
 *
 * @param load the bytes of a page, nothing where there is none
 * @param sha256 of bytes, in hexadecimal digits
 * @param keep what is kept of a page's table while the others are read
 * @throws InvalidManifestError when a page is missing or is not what the manifest says
 */
export async function withPages(
  manifest: Manifest, load: (page: ManifestPage) => Promise<Uint8Array | undefined>, sha256: (bytes: Uint8Array) => string,
  keep: <T extends ManifestPageTable>(table: T) => T = (table) => table,
): Promise<Manifest> {
  if (manifest.pages === undefined) return manifest;
  const tables: ManifestTable[] = [];
  for (const [at, page] of manifest.pages.entries()) {
    const refuse = (problem: string) => new InvalidManifestError([`pages[${at}]: ${problem} (${page.key})`]);
    const bytes = await load(page);
    if (!bytes) throw refuse('the page is missing');
    if (bytes.length !== page.sizeBytes) throw refuse(`expected ${page.sizeBytes} bytes, got ${bytes.length}`);
    const found = sha256(bytes);
    if (found !== page.sha256) throw refuse(`expected SHA-256 ${page.sha256}, got ${found}`);
    const content = JSON.parse(new TextDecoder().decode(bytes)) as ManifestPageContent;
    if (content.runId !== manifest.runId || content.page !== at + 1) {
      throw refuse(`expected page ${at + 1} of run ${manifest.runId}, got page ${content.page} of run ${content.runId}`);
    }
    for (const table of content.tables) {
      if (!('continued' in table)) tables.push(keep(table));
      else if (!continued(tables, keep(table))) throw refuse(`${table.schema}.${table.table} goes on where it has not begun`);
    }
  }
  const whole = { ...manifest, tables };
  const problems = manifestProblems(whole);
  if (problems.length > 0) throw new InvalidManifestError(problems);
  return whole;
}

/** Adds the rest to the last table. @returns whether it is of that table */
function continued(tables: ManifestTable[], { database, schema, table, chunks = [], objects }: ManifestTableRest): boolean {
  const last = tables.at(-1);
  if (!last || last.database !== database || last.schema !== schema || last.table !== table) return false;
  tables[tables.length - 1] = { ...last, ...(last.chunks && { chunks: [...last.chunks, ...chunks] }), objects: [...last.objects, ...objects] };
  return true;
}
