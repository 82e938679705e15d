import * as events from 'aws-cdk-lib/aws-events';
import { RUN_EVENT, RunState } from '../contract';
import { ILegacyToS3Pipeline } from './pipeline-interface';

/** A rule for the outcome of runs that land in a pipeline: run completion tells it on the account's default event bus. */
export function runRule(pipeline: ILegacyToS3Pipeline, id: string, state: RunState, options: events.OnEventOptions): events.Rule {
  const rule = new events.Rule(pipeline, id, options);
  const { bucket, landingPrefix } = pipeline;
  const key = landingPrefix === undefined ? {} : { key: [{ prefix: landingPrefix }] };
  rule.addEventPattern({
    source: [RUN_EVENT.source],
    detailType: [RUN_EVENT.detailType],
    detail: { state: [state], manifest: { bucket: [bucket.bucketName], ...key } },
  });
  rule.addTarget(options.target);
  return rule;
}
