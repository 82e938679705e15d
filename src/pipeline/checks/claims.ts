import { IConstruct } from 'constructs';
import { invalidInput } from './validation';

/** Who has what of a resource, or of a stack, to itself. */
const claims = new WeakMap<object, Map<string, string>>();

/**
 * Refuses a second construct that wants to itself what another of this app has; `name` is the prop it was given as.
 *
 * @param holder the resource, or the stack that it must be alone in
 * @param what of the holder, where there is more than one thing to claim
 */
export function claim(scope: IConstruct, name: string, holder: object, what: string, reason: string): void {
  const taken = claims.get(holder) ?? new Map<string, string>();
  const key = `${name} ${what}`;
  const other = taken.get(key);
  if (other !== undefined) throw invalidInput(scope, `${name} '${what}' is that of ${other} already: ${reason}`);
  claims.set(holder, taken.set(key, scope.node.path));
}
