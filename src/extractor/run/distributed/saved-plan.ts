import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan } from '../../api/extraction-plan';
import { openTarget } from '../../landing/open-target';
import { bytesOf } from '../../landing/read-manifest';
import { parseS3Url } from '../../landing/s3/s3-url';
import { withPartitionPrefixes } from '../../plan/partition-prefixes';
import { chooseTables } from '../../plan/table-choices';
import { planProblem } from '../../plan/validate-plan';
import { quoteTable } from '../../source/catalog/identifiers';
import type { SourceTable } from '../../source/catalog/read-catalog';
import { parseTablePattern } from '../../source/catalog/table-patterns';
import type { RunOptions } from '../context/run-options';

/**
 * A plan that was saved in the landing bucket. Whoever may save one may cut tables by it, but reads no other rows and columns than the
 * deployment says.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export async function savedPlan(key: string, options: RunOptions): Promise<ExtractionPlan> {
  const plan = withPartitionPrefixes(await readPlan(key, options));
  refuseOtherRows(plan, options);
  return plan;
}

async function readPlan(key: string, options: RunOptions): Promise<ExtractionPlan> {
  const { bucket } = placeOf(options.target);
  const target = openTarget(`s3://${bucket}`, options.targetOptions);
  try {
    const stored = await target.read(key);
    if (!stored) throw new Error('there is no such object');
    return JSON.parse((await bytesOf(stored)).toString('utf8')) as ExtractionPlan;
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the plan s3://${bucket}/${key}: ${(error as Error).message}`, { cause: error });
  } finally {
    await target.close();
  }
}

/** @throws LegacyToS3Error of code INVALID_CONFIG */
function refuseOtherRows(plan: ExtractionPlan, { tableOptions, exclude }: RunOptions): void {
  const problem = planProblem(plan);
  if (problem !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', `the plan is none: ${problem}`);
  const tables = plan.tables.map(({ schema, table, columns, excludedColumns = [] }) => (
    { schema, table, columns: [...columns, ...excludedColumns.map((name) => ({ name }))], unread: [] } as unknown as SourceTable
  ));
  const excluded = exclude.flatMap((pattern) => parseTablePattern(pattern).among(tables));
  // Rules for tables that the plan leaves out say nothing here, and how a table is cut is the plan's.
  const rules = tableOptions.filter(({ table }) => parseTablePattern(table).among(tables).length > 0).map(({ chunkBy: _, ...rule }) => rule);
  const choices = chooseTables(tables, rules);
  const others = plan.tables.flatMap(({ schema, table, rowFilter, excludedColumns = [] }, at) => {
    const { rowFilter: own, excludedColumns: left } = choices[at];
    const subject = quoteTable(schema, table);
    if (excluded.includes(tables[at])) return [`${subject} is excluded by the deployment`];
    if (rowFilter !== own) return [`${subject} has ${rowFilter === undefined ? 'no row filter' : 'a row filter'}, ${own === undefined ? 'and the deployment none' : 'and the deployment another'}`];
    return [...excludedColumns].sort().join() === [...left].sort().join() ? [] : [`${subject} has other columns than the deployment reads`];
  });
  if (others.length > 0) {
    throw new LegacyToS3Error('INVALID_CONFIG', `a plan that an execution is given reads the rows and columns that are deployed: ${others.slice(0, 5).join('; ')}`);
  }
}

/** Bucket and prefix that an execution lands in. @throws LegacyToS3Error of code INVALID_CONFIG */
export function placeOf(target: string): { readonly bucket: string; readonly prefix: string } {
  const url = parseS3Url(target);
  if (!url) throw new LegacyToS3Error('INVALID_CONFIG', `an execution lands in S3, not in '${target}'`);
  return url;
}
