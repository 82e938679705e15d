import { chainFolder } from './run-folder';
import type { StateStore } from './state-store';
import { isOneLineage, type ChainLink, type ChangeChain, type ChangeMark, type Manifest, type ManifestTable } from '../../contract';
import { LegacyToS3Error } from '../api/errors';

/** Key of the chain of a database. @param server as the manifest has it */
export function chainKey(server: string, database: string): string {
  return `${server}/${database}`;
}

/** Name of a table in a chain. */
export function linkKey({ schema, table }: { readonly schema: string; readonly table: string }): string {
  return JSON.stringify([schema, table]);
}

const textKey = (chain: string) => `${chainFolder(chain)}chain.json`;

/** Where a chain stands; undefined before its first load. @throws LegacyToS3Error of code CONTENT_MISMATCH when it is of a version that is not known */
export async function readChain(store: StateStore, chain: string): Promise<ChangeChain | undefined> {
  const text = await store.read(textKey(chain));
  if (text === undefined) return undefined;
  const found = JSON.parse(text) as ChangeChain;
  if (found.version === 1) return found;
  throw new LegacyToS3Error('CONTENT_MISMATCH', `${store.url}${textKey(chain)} is of version ${String(found.version)}; this release knows 1: sync with the release that wrote it, or a newer one`);
}

/** Keeps where a chain stands. Who may write it holds its lease, or the run that it goes on to. */
export async function writeChain(store: StateStore, chain: string, state: ChangeChain): Promise<void> {
  await store.put(textKey(chain), JSON.stringify(state));
}

/** What a run whose manifest is written knows beside it. */
export interface EndedRun {
  readonly manifest: Pick<Manifest, 'runId' | 'finishedAt' | 'tables'>;
  /** Hash of what was read of each table, by {@link linkKey}. */
  readonly shapes: ReadonlyMap<string, string>;
}

/**
 * A chain with a run added whose manifest is written. Changes are linked only to the mark they begin at: those of a run that another one
 * has overtaken are not, and the table stays where it is. The same run may be added twice.
 */
export function withRun(chain: ChangeChain | undefined, { manifest, shapes }: EndedRun): ChangeChain {
  const tables: { [table: string]: ChainLink } = { ...chain?.tables };
  for (const table of manifest.tables) {
    const key = linkKey(table);
    const link = linkAfter(tables[key], table, manifest, shapes.get(key) ?? '');
    if (link) tables[key] = link;
  }
  const { runId = '' } = chain ?? {};
  return { version: 1, runId: manifest.runId > runId ? manifest.runId : runId, tables };
}

/**
 * The chain whose next run reads tables whole, whatever changed in them.
 *
 * @param why by the name of a link; of tables that the chain has not it says nothing
 */
export function withReloads({ idle: _, ...chain }: ChangeChain, why: ReadonlyMap<string, string>): ChangeChain {
  const links = Object.entries(chain.tables).map(([name, link]) => [name, { ...link, ...(why.has(name) && { reload: why.get(name)! }) }] as const);
  return { ...chain, tables: Object.fromEntries(links) };
}

function linkAfter(
  before: ChainLink | undefined, { changes, base, chunks = [] }: Pick<ManifestTable, 'changes' | 'base' | 'chunks'>, { runId, finishedAt }: EndedRun['manifest'], shape: string,
): ChainLink | undefined {
  if (!changes) {
    if (before && isOlder(before, runId, base?.mark)) return undefined;
    const shows = chunks.reduce((latest, { instant = '' }) => (instant > latest ? instant : latest), '');
    return { runId, ...(base && { mark: base.mark }), ...(shows !== '' && { shows }), shape, ...(base?.sourceRows !== undefined && { countedAt: finishedAt }) };
  }
  const { from, to, sourceRows, seen } = changes;
  if (!before?.mark || !isOneLineage(before.mark, from) || before.mark.order !== from.order) return undefined;
  const countedAt = sourceRows === undefined ? before.countedAt : finishedAt;
  const seenAt = seen ? finishedAt : before.seenAt;
  // Changes put nothing right that they do not touch.
  return {
    runId,
    mark: to,
    shape,
    ...(countedAt !== undefined && { countedAt }),
    ...(seen && { seen }),
    ...(seenAt !== undefined && { seenAt }),
    ...(before.reload !== undefined && { reload: before.reload }),
  };
}

/** Whether a run that read a table whole shows less than what is there: landed tables show it no more (chain.ts of src/iceberg decides alike). */
function isOlder(before: ChainLink, runId: string, own: ChangeMark | undefined): boolean {
  const { mark } = before;
  const isLater = own !== undefined && mark !== undefined && own.at > mark.at;
  if (own && mark && isOneLineage(own, mark) && own.order !== mark.order) return own.order < mark.order && !(isLater && runId > before.runId);
  return before.runId > runId && !isLater;
}
