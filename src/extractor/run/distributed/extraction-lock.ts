import { extractionFolder } from '../../state/run-folder';
import type { AsksExecution } from '../../state/run-lease';
import type { StateStore } from '../../state/state-store';

/** What an execution has of its extraction: one at a time is at work, and one may wait for that. */
export type LockSlot = 'running' | 'waiting';

/** An execution and how it is asked about. */
export interface LockOwner {
  /** Name of the extraction. */
  readonly extraction: string;
  /** ARN of the execution. */
  readonly execution: string;
  readonly isRunning: AsksExecution;
}

const keyOf = (folder: string, slot: LockSlot, number: number) => `${folder}${slot}-${String(number).padStart(6, '0')}.json`;

/**
 * Takes a slot of an extraction for an execution. No clock ends what an execution has: it has it until it does not run any more,
 * which Step Functions tells. Of two that take it at the same time one creates the next text.
 *
 * @returns the ARN of the execution that has it, which is the own one where it was taken
 */
export async function takeSlot(store: StateStore, slot: LockSlot, { extraction, execution, isRunning }: LockOwner): Promise<string> {
  const folder = extractionFolder(extraction);
  for (;;) {
    const keys = await store.list(`${folder}${slot}-`);
    const last = keys.at(-1);
    const holder = last === undefined ? undefined : (JSON.parse(await store.read(last) ?? '{}') as { readonly execution?: string }).execution;
    if (holder === execution) return execution;
    // One that cannot be asked about may run.
    if (holder !== undefined && await isRunning(holder) !== false) return holder;
    const own = keyOf(folder, slot, (last === undefined ? 0 : Number(/(\d+)\.json$/.exec(last)![1])) + 1);
    if (!await store.create(own, JSON.stringify({ execution }))) continue;
    // Whoever stood still since it listed may have created a number that was given back meanwhile: the highest counts.
    if ((await store.list(`${folder}${slot}-`)).at(-1) !== own) {
      await store.remove([own]);
      continue;
    }
    await store.remove(keys);
    return execution;
  }
}

/** Gives a slot back, where the execution has it. */
export async function leaveSlot(store: StateStore, slot: LockSlot, { extraction, execution }: Pick<LockOwner, 'extraction' | 'execution'>): Promise<void> {
  const last = (await store.list(`${extractionFolder(extraction)}${slot}-`)).at(-1);
  if (last === undefined) return;
  const { execution: holder } = JSON.parse(await store.read(last) ?? '{}') as { readonly execution?: string };
  if (holder === execution) await store.remove([last]);
}
