import { App, Duration, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const app = new App();
const stack = new Stack(app, 'LegacyExisting');

// The bucket keeps its settings and its other notifications; only `landing/` is watched.
new LegacyToS3Pipeline(stack, 'Ledger', {
  bucket: Bucket.fromBucketName(stack, 'Bucket', process.env.EXISTING_BUCKET ?? 'my-landing-bucket'),
  trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }),
  alarmEmail: 'ledger-team@example.com',
  // An alarm of its own when no run completed for a day and two hours.
  runFreshness: Duration.hours(26),
});
