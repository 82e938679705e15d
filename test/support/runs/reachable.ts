/** All objects that an object holds, directly or through others: what is not among them is not kept by it. */
export function reachable(from: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof from !== 'object' || from === null || found.has(from)) return found;
  found.add(from);
  const inner = from instanceof Map ? [...from.entries()].flat() : from instanceof Set ? [...from] : Object.values(from);
  inner.forEach((each) => reachable(each, found));
  return found;
}
