/** Values by key that come from chunks in any order, and are told in the order in which the chunks, by number, first have the keys. */
export class FirstSeen<K, V> {
  private readonly entries = new Map<K, { readonly value: V; readonly chunk: number; readonly at: number }>();

  /**
   * @param at place of the key within the chunk
   * @param both of two values of the key
   */
  public add(key: K, value: V, chunk: number, at: number, both: (a: V, b: V) => V): void {
    const known = this.entries.get(key);
    const isFirst = !known || chunk < known.chunk || chunk === known.chunk && at < known.at;
    this.entries.set(key, { value: known ? both(known.value, value) : value, ...isFirst ? { chunk, at } : { chunk: known.chunk, at: known.at } });
  }

  public get all(): Array<readonly [K, V]> {
    return [...this.entries].sort(([, a], [, b]) => a.chunk - b.chunk || a.at - b.at).map(([key, { value }]) => [key, value]);
  }
}
