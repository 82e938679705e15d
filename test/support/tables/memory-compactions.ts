import { COMPACTION_SORT_KEY, CompactionItem, compactionItemKey } from '../../../src/contract';
import { CompactionItems, CompactionNote } from '../../../src/handlers/compact/compaction-items';

/** Who compacts which table, in memory. */
export class MemoryCompactions implements Pick<CompactionItems, keyof CompactionItems> {
  public readonly items = new Map<string, CompactionItem>();

  public async take(name: string, owner: string, now: string, until: string): Promise<CompactionItem | undefined> {
    const there = this.items.get(name);
    if (there?.owner !== undefined && there.owner !== owner && there.heldUntil! > now) return undefined;
    const item: CompactionItem = {
      ...there, objectKey: compactionItemKey(name), versionId: COMPACTION_SORT_KEY, itemType: 'compaction', tableName: name, owner, heldUntil: until,
    };
    this.items.set(name, item);
    return item;
  }

  public async release(name: string, owner: string, note: CompactionNote): Promise<void> {
    const there = this.items.get(name);
    if (there?.owner !== owner) return;
    this.items.set(name, JSON.parse(JSON.stringify({ ...there, ...note, owner: undefined, heldUntil: undefined })));
  }
}
