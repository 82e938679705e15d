/** The app that other languages must synthesise too. Usage: app.ts OUTDIR */
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { AlarmKind, LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const app = new App({ outdir: process.argv[2], analyticsReporting: false });
const stack = new Stack(app, 'Migration');
new LegacyToS3Pipeline(stack, 'Ledger', { alarmEmail: 'operator@example.com' });

const payroll = new LegacyToS3Pipeline(stack, 'Payroll', {
  trigger: LandingTrigger.eventBridge({ prefix: 'payroll/', suffixes: ['.parquet'] }),
  encryptionKey: new kms.Key(stack, 'Key'),
  memorySize: 1024,
  environment: { TEAM: 'payroll' },
  removalPolicy: RemovalPolicy.DESTROY,
  runFreshness: Duration.hours(26),
  alarmEmail: 'operator@example.com',
  alarmOverrides: {
    [AlarmKind.RECORD_LATENCY_HIGH]: { threshold: 5000 },
    [AlarmKind.LOG_ERROR_KEYWORD]: { enabled: false },
  },
});
const extractor = new iam.Role(stack, 'Extractor', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
payroll.grantLand(extractor, { deleteLanded: false });
payroll.dashboard!.addWidgets(new cloudwatch.SingleValueWidget({ title: 'Rows', metrics: [payroll.metricRowsLanded()] }));
app.synth();
