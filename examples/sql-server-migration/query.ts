/** Runs a query in the pipeline's Athena workgroup and prints the result: `npx tsx query.ts [QUERY]` */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AthenaClient, GetQueryExecutionCommand, GetQueryResultsCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

async function main(query: string): Promise<void> {
  const { Stacks: [stack] = [] } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName: 'FinanceMigration' }));
  const output = (name: string) => stack?.Outputs?.find(({ OutputKey }) => OutputKey === `Finance${name}`)?.OutputValue;
  const athena = new AthenaClient();
  const { QueryExecutionId } = await athena.send(new StartQueryExecutionCommand({
    QueryString: query, WorkGroup: output('WorkGroupName'), QueryExecutionContext: { Database: output('GlueDatabaseName') },
  }));
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { State = '', StateChangeReason } = QueryExecution?.Status ?? {};
    if (State === 'SUCCEEDED') break;
    if (State === 'FAILED' || State === 'CANCELLED') throw new Error(`the query is ${State}: ${StateChangeReason}`);
    await setTimeout(500);
  }
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
  for (const { Data = [] } of ResultSet?.Rows ?? []) console.log(Data.map(({ VarCharValue }) => VarCharValue ?? 'NULL').join('\t'));
}

main(process.argv[2] ?? readFileSync(join(__dirname, 'query.sql'), 'utf8')).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
