import { inFlight } from './in-flight';

/** Small texts under keys, for checkpoints: a folder, or objects under a prefix of a bucket. */
export interface StateStore {
  /** For messages. */
  readonly url: string;
  /** Writes a text under a key that is not there; of several writers one succeeds. @returns whether this one did */
  create(key: string, text: string): Promise<boolean>;
  /** Writes or replaces a text. */
  put(key: string, text: string): Promise<void>;
  /** The text; undefined when there is none. */
  read(key: string): Promise<string | undefined>;
  /** Keys that begin with the prefix, in order. */
  list(prefix: string): Promise<string[]>;
  /**
   * Keys of texts under the prefix that are not whole: a process writes them at this moment, or died while it did. Each begins
   * with the key it is to become.
   */
  leftovers(prefix: string): Promise<string[]>;
  /** Deletes texts, in no order; those that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>;
}

/** A text and its key. */
export interface StoredText {
  readonly key: string;
  /** Undefined when there is none. */
  readonly text?: string;
}

/** Reads texts, many at the same time, in the order of the keys; a bounded number of them is held at once. */
export function readTexts(store: StateStore, keys: Iterable<string>): AsyncGenerator<StoredText> {
  return inFlight(keys, async (key) => ({ key, text: await store.read(key) }));
}
