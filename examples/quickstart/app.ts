import { App, Stack } from 'aws-cdk-lib';
import { LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const app = new App();
const stack = new Stack(app, 'LegacyLedger');

new LegacyToS3Pipeline(stack, 'Ledger', {
  alarmEmail: 'ledger-team@example.com',
});
