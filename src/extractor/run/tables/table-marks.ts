import type { KnownTable } from './landed-table';
import { lowestMark, type ChangeMark, type ManifestBase, type ManifestChanges } from '../../../contract';
import type { LandedChanges, LandedChunk } from '../../state/landed-chunk';

/** What a run says of the changes of a table, from its chunks, which come in any order and are not kept. */
export class TableMarks {
  private chunks = 0;
  /** Undefined once a chunk has none, or one of another lineage. */
  private lowest?: ChangeMark;
  /** When the last of the marks was taken. */
  private latest = '';
  private exact = true;
  private readonly states = new Set<string | undefined>();
  private counted?: string;
  private changes?: { readonly to: ChangeMark; readonly landed: LandedChanges };

  public add({ mark, exact = false, state, changes, countedRows }: LandedChunk): void {
    this.lowest = this.chunks === 0 ? mark : lowestMark([this.lowest, mark]);
    if (mark && mark.at > this.latest) this.latest = mark.at;
    this.chunks += 1;
    this.exact &&= exact;
    if (this.states.size < 2) this.states.add(state);
    this.counted ??= countedRows;
    if (changes && mark) this.changes = { to: mark, landed: changes };
  }

  /** What the manifest has of it: the changes that were read, or the mark from which changes are to follow. */
  public of({ changes: planned }: Pick<KnownTable, 'changes'>): { readonly changes?: ManifestChanges; readonly base?: ManifestBase } {
    const sourceRows = this.counted === undefined ? {} : { sourceRows: Number(this.counted) };
    if (this.changes) {
      const { to, landed } = this.changes;
      return { changes: { way: to.way, previousRun: planned?.previousRun ?? '', to, ...landed, ...sourceRows } };
    }
    if (!this.lowest) return {};
    // Rows of the chunks are up to this new: captured changes are applied when they have passed it.
    const mark = { ...this.lowest, at: this.latest };
    const exact = this.exact && this.states.size === 1 && !this.states.has(undefined);
    return { base: { mark, exact, ...(planned?.reload !== undefined && { why: planned.reload }), ...(exact && sourceRows) } };
  }
}
