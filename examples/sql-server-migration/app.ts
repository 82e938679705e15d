import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Port, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Extraction, ExtractionMode, LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const { ALARM_EMAIL = 'ledger-team@example.com', NIGHTLY_SERVER, NIGHTLY_DATABASE = 'FinanceLegacy', FOLLOW_MINUTES } = process.env;
const app = new App();
const stack = new Stack(app, 'FinanceMigration');

const pipeline = new LegacyToS3Pipeline(stack, 'Finance', {
  trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }),
  alarmEmail: ALARM_EMAIL,
  // The extraction runs every night: an alarm when none completed. One that follows has its own, since without changes there is no run.
  runFreshness: FOLLOW_MINUTES ? undefined : Duration.hours(26),
});

// A server that the account reaches, unlike a container on this machine, is read from within the account.
if (NIGHTLY_SERVER) {
  const nightly = new Extraction(stack, 'Nightly', {
    pipeline,
    source: { server: NIGHTLY_SERVER, database: NIGHTLY_DATABASE, secret: Secret.fromSecretNameV2(stack, 'Login', 'finance/reader') },
    // Every night all rows; or what changed, every few minutes, so that the landed tables follow until the cut-over.
    ...FOLLOW_MINUTES
      ? { mode: ExtractionMode.changes({ every: Duration.minutes(Number(FOLLOW_MINUTES)) }) }
      : { schedule: ScheduleExpression.cron({ hour: '1', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }) },
    vpc: new Vpc(stack, 'Vpc', { maxAzs: 2 }),
  });
  nightly.connections.allowToAnyIpv4(Port.tcp(1433), 'SQL Server');
}
