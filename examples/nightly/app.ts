import { App, CfnParameter, Stack, TimeZone } from 'aws-cdk-lib';
import { Port, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Extraction, ExtractionWorkers, LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const { ALARM_EMAIL = 'ledger-team@example.com', SQL_DATABASE = 'Ledger', SQL_CA_FILE } = process.env;
const stack = new Stack(new App(), 'NightlyLedger');
const server = new CfnParameter(stack, 'SqlServer', { default: 'sql.corp.example' });
const port = new CfnParameter(stack, 'SqlPort', { type: 'Number', default: 1433 });

const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', {
  trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }),
  alarmEmail: ALARM_EMAIL,
});
const secret = Secret.fromSecretNameV2(stack, 'Login', 'ledger/reader');
const extraction = new Extraction(stack, 'Nightly', {
  pipeline,
  source: { server: server.valueAsString, port: port.valueAsNumber, database: SQL_DATABASE, secret, caCertificate: SQL_CA_FILE },
  tables: ['dbo.*'],
  schedule: ScheduleExpression.cron({ hour: '1', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }),
  vpc: new Vpc(stack, 'Vpc', { maxAzs: 2 }),
  workers: ExtractionWorkers.lambda({ maxConcurrency: 16 }),
});
extraction.connections.allowToAnyIpv4(Port.tcp(1433), 'SQL Server');
