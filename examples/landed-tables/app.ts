import { App, Duration, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { ForeignRows, LandedTables, LandingTrigger, LegacyToS3Pipeline } from 'cdk-legacy-to-s3';

const { ALARM_EMAIL = 'ledger-team@example.com', ANALYST_ROLE = 'trino-analysts', OPERATOR_ROLE = 'ledger-operators' } = process.env;
const stack = new Stack(new App(), 'LedgerTables');

const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', {
  trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }),
  alarmEmail: ALARM_EMAIL,
  landedTables: LandedTables.iceberg({
    // Whatever somebody inserts, a table shows the newest run and nothing else.
    foreignRows: ForeignRows.DROP,
    // Tags keep the last 60 runs, and none for longer than 400 days; `expire` takes the files of others away.
    keepRuns: 60,
    keepFor: Duration.days(400),
    proveByQuery: true,
  }),
  // Each commit replaces metadata, whose former versions the bucket keeps this long.
  noncurrentVersionExpiration: Duration.days(30),
});

// Trino or Spark of their own: what landed, the tables' metadata, the database; nothing to write.
pipeline.catalog!.grantRead(Role.fromRoleName(stack, 'Analysts', ANALYST_ROLE));
// Who may query in the pipeline's Athena workgroup, roll back and expire.
const operators = Role.fromRoleName(stack, 'Operators', OPERATOR_ROLE);
pipeline.catalog!.grantQuery(operators);
pipeline.grantWriteTables(operators, { deleteLanded: true });
