import { LegacyToS3Error, type ExtractResult } from '../../extractor/doors/public';

/** What was landed stays; who calls this program must not take it for whole. @param goOn what tries them again */
export function refuseMissing({ runId, missingTables }: ExtractResult, goOn: (runId: string) => string): void {
  if (missingTables.length === 0) return;
  const names = missingTables.slice(0, 5).map(({ schema, table, code }) => `${schema}.${table} (${code})`).join(', ');
  const more = missingTables.length > 5 ? ` and ${missingTables.length - 5} more` : '';
  throw new LegacyToS3Error('TABLES_MISSING', `run ${runId} lacks ${names}${more}; the other tables are landed, and ${goOn(runId)}`);
}
