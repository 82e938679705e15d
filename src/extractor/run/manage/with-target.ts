import type { LandingProps } from '../../api/landing-props';
import type { LandingTarget } from '../../landing/landing-target';
import { openTarget, targetOptions } from '../../landing/open-target';
import { openStore } from '../../state/open-store';
import type { StateStore } from '../../state/state-store';

/** Opens a target and its checkpoints for some work, and closes them behind it. */
export async function withTarget<T>(props: LandingProps, work: (target: LandingTarget, store: StateStore) => Promise<T>): Promise<T> {
  const options = targetOptions(props);
  const target = openTarget(props.target, options);
  const state = openStore(props.target, options);
  try {
    return await work(target, state.store);
  } finally {
    state.close();
    await target.close();
  }
}
