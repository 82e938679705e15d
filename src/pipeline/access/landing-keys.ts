import { Token } from 'aws-cdk-lib';
import { stateFolder, tablesFolder } from '../../contract';

/** Patterns of IAM for the keys of a bucket that an extractor writes. */
export interface LandingKeys {
  /** Of parts and manifests. */
  readonly landed: string[];
  /** Of the state of runs, where `landed` does not hold it. */
  readonly state: string[];
}

/** Whether the folder of the landed tables' metadata lies under the landing prefix, as where the whole bucket is watched. */
export function holdsTables(prefix: string): boolean {
  return !Token.isUnresolved(prefix) && tablesFolder(prefix).startsWith(prefix);
}

/**
 * The keys that landing takes. IAM has no pattern for all but a folder: where that of the tables' metadata lies under the landing
 * prefix, it is the layout's own names (`database=`, `_runs/`, `…-state/`), none of which a key of a table can have.
 */
export function landingKeys(prefix: string = ''): LandingKeys {
  if (Token.isUnresolved(prefix)) return { landed: [`${prefix}*`], state: [] };
  if (!holdsTables(prefix)) return { landed: [`${prefix}*`], state: [`${stateFolder(prefix)}*`] };
  return {
    landed: [`${prefix}*database=*`, `${prefix}*_runs/*`],
    state: prefix === '' ? [`${stateFolder('')}*`, '*-state/*'] : [`${prefix}*-state/*`],
  };
}
