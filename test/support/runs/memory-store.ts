import { LegacyToS3Error } from '../../../src/extractor/api/errors';
import type { StateStore } from '../../../src/extractor/state/state-store';

/** Texts in memory; `failing` makes every call fail. */
export class MemoryStore implements StateStore {
  public readonly url = 'memory';
  public readonly texts = new Map<string, string>();
  public failing = false;

  public async create(key: string, text: string): Promise<boolean> {
    if (this.texts.has(key)) return false;
    await this.put(key, text);
    return true;
  }

  public async put(key: string, text: string): Promise<void> {
    this.check();
    this.texts.set(key, text);
  }

  public async read(key: string): Promise<string | undefined> {
    this.check();
    return this.texts.get(key);
  }

  public async list(prefix: string): Promise<string[]> {
    return [...this.texts.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  public async leftovers(): Promise<string[]> {
    return [];
  }

  public async remove(keys: readonly string[]): Promise<void> {
    keys.forEach((key) => this.texts.delete(key));
  }

  private check(): void {
    if (this.failing) throw new LegacyToS3Error('TARGET_UNREACHABLE', 'nothing answers');
  }
}
