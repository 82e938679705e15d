import { App, Stack } from 'aws-cdk-lib';
import { LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const app = new App();
const stack = new Stack(app, 'CsvDrop');

new LegacyToS3Pipeline(stack, 'Inbox', {
  trigger: LandingTrigger.s3Notification({ prefix: 'incoming/', suffixes: ['.csv'] }),
  alarmEmail: 'ledger-team@example.com',
});
