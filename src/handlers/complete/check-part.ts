import { ManifestObject } from '../../contract';
import { ObjectHead } from '../shared/head-object';

/** What differs between a landed object and what the manifest says of it; undefined when it is as it should be. */
export function partProblem(part: ManifestObject, head: ObjectHead | undefined): string | undefined {
  if (!head) return `'${part.key}' is missing`;
  if (head.sizeBytes !== part.sizeBytes) return `'${part.key}' has ${head.sizeBytes} bytes, the manifest says ${part.sizeBytes}`;
  const { algorithm, value } = part.checksum;
  const landed = head.checksums[algorithm];
  if (landed === undefined) return `'${part.key}' has no ${algorithm} checksum, so it cannot be compared with the manifest's`;
  if (landed !== value) return `'${part.key}' has ${algorithm} ${landed}, the manifest says ${value}`;
  return undefined;
}
