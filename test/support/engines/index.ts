import { type EngineName, type InstalledName, whyMissing } from '../../../tools/engines';

/** A suite for each engine; of one that is not here the tests count as skipped, with the reason in their title. */
export function describeEngines(names: readonly EngineName[], tests: (name: EngineName) => void): void {
  for (const name of names) {
    const reason = whyMissing(name);
    if (reason === undefined) describe(name, () => tests(name));
    else describe.skip(`${name} (${reason})`, () => tests(name));
  }
}

/** A suite that needs several engines at once. */
export function describeWith(needed: readonly InstalledName[], title: string, tests: () => void): void {
  const reasons = needed.flatMap((name) => whyMissing(name) ?? []);
  if (reasons.length === 0) describe(title, tests);
  else describe.skip(`${title} (${reasons.join('; ')})`, tests);
}
