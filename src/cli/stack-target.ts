import { loadDashboard } from './load-dashboard';
import { LegacyToS3Error, type LandingProps } from '../extractor/public';

/** Where to land, as commander hands it over. */
export interface TargetOptions {
  readonly to?: string;
  readonly stack?: string;
  readonly pipeline?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly kmsKeyId?: string;
}

/** Where runs land in a bucket that is watched as a whole: below a prefix, so that checkpoints have a place beside it. */
const DEFAULT_PREFIX = 'landing/';

/**
 * The target that `--to` names, or the landing bucket of the pipeline in `--stack`.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when there is neither or both, or as the stack's outputs are read
 */
export async function targetOf(options: TargetOptions): Promise<Pick<LandingProps, 'target' | 'kmsKeyId'>> {
  const { to, stack, pipeline, region, endpointUrl, kmsKeyId } = options;
  if (to !== undefined && stack !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', '--to and --stack exclude each other: pass one of them');
  if (to !== undefined) return { target: to, kmsKeyId };
  if (stack === undefined) throw new LegacyToS3Error('INVALID_CONFIG', 'no target: pass --to s3://bucket/prefix, --to file:///folder, or --stack with the name of a deployed pipeline\'s stack');
  const outputs = await loadDashboard().stackOutputs({ stack, pipeline, region, endpointUrl });
  return { target: `s3://${outputs.bucketName}/${outputs.landingPrefix ?? DEFAULT_PREFIX}`, kmsKeyId: kmsKeyId ?? outputs.keyArn };
}
