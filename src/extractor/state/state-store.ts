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
  /** Deletes texts; those that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>;
}
