/** Chance that a seed repeats, from 0 to 1: Numerical Recipes, "ranqd1". */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
