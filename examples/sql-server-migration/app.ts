import { App, Duration, Stack } from 'aws-cdk-lib';
import { LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const app = new App();
const stack = new Stack(app, 'FinanceMigration');

new LegacyToS3Pipeline(stack, 'Finance', {
  trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }),
  alarmEmail: process.env.ALARM_EMAIL ?? 'ledger-team@example.com',
  // The extraction runs every night: an alarm when none completed.
  runFreshness: Duration.hours(26),
});
