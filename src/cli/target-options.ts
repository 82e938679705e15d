import type { Command } from 'commander';
import type { LandingProps } from '../extractor/public';

/** Where a run landed, as commander hands it over. */
export interface TargetOptions {
  readonly to: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly expectedBucketOwner?: string;
}

/** Adds the options of commands on runs that were. */
export function addTargetOptions(command: Command): Command {
  return command
    .requiredOption('--to <url>', 's3://bucket/prefix or file:///folder, as the run had it')
    .option('--region <region>', 'region of the bucket')
    .option('--endpoint-url <url>', 'URL of an S3-compatible store')
    .option('--expected-bucket-owner <account>', 'account that must own the bucket')
    .option('--debug', 'print stacks of errors');
}

/** The target as the extractor takes it. */
export function toLanding({ to, region, endpointUrl, expectedBucketOwner }: TargetOptions): LandingProps {
  return { target: to, region, endpointUrl, expectedBucketOwner };
}
