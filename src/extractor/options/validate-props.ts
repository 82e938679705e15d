import { refuseUnknownProps } from './prop-names';
import { validateColumnTypes, validateTypes } from './type-choices';
import { validateLanding } from './validate-landing';
import { validateSelection, validateTableOptions } from './validate-selection';
import { validateSource } from './validate-source';
import { describe, invalid, validateBoolean, validateBytes, validateChoice, validateList, validateWhole } from './validate-value';
import { Changes, CountEvery, OnGap } from '../api/changes/changes-options';
import type { ExtractFormat } from '../api/extract-format';
import { SourceRisk } from '../api/extraction-plan';
import { type ExtractorProps, Consistency, OnTableError, SourceHashes } from '../api/extractor-props';
import type { VerifyOptions } from '../api/verification-result';

/** Largest number of readers. */
const MAX_READERS = 64;

/** @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateVerifyOptions({ readers, threads }: VerifyOptions): void {
  validateWhole('readers', readers, 1, MAX_READERS);
  validateWhole('threads', threads, 0, MAX_READERS);
}

/** Checks what can be checked without reaching anything. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateProps(props: ExtractorProps): void {
  if (typeof props !== 'object' || props === null) throw invalid(`expected options, got ${describe(props)}`);
  refuseUnknownProps(props);
  validateSource(props.source);
  validateLanding(props);
  validateSelection(props);
  validateFormat(props.format);
  validateBytes('targetFileBytes', props.targetFileBytes);
  validateWhole('readers', props.readers, 1, MAX_READERS);
  validateWhole('threads', props.threads, 0, MAX_READERS);
  validateBoolean('backOff', props.backOff);
  validateBytes('targetChunkBytes', props.targetChunkBytes);
  validateWhole('targetChunkRows', props.targetChunkRows, 1, Number.MAX_SAFE_INTEGER);
  validateWhole('maxRetries', props.maxRetries, 0, 100);
  validateWhole('idleTimeoutSeconds', props.idleTimeoutSeconds, 1, 86_400);
  validateWhole('lockTimeoutSeconds', props.lockTimeoutSeconds, 0, 86_400);
  validateWhole('deadlockPriority', props.deadlockPriority, -10, 10);
  validateWhole('maxDop', props.maxDop, 0, 64);
  validateList('retryErrorNumbers', props.retryErrorNumbers, 'error numbers such as 1205');
  props.retryErrorNumbers?.forEach((number) => validateWhole('each of retryErrorNumbers', number, 1, 2 ** 31 - 1));
  validateBoolean('sourceAggregates', props.sourceAggregates);
  validateChoice('sourceHashes', props.sourceHashes, SourceHashes);
  validateChoice('onTableError', props.onTableError, OnTableError);
  validateChoice('changes', props.changes, Changes);
  validateChoice('onGap', props.onGap, OnGap);
  validateChoice('countEvery', props.countEvery, CountEvery);
  validateBoolean('oneVersion', props.oneVersion);
  validatePlanning(props);
  validateConsistency(props);
  validateTableOptions(props.tableOptions);
  validateTypes('types', props.types);
  validateColumnTypes(props.columnTypes);
}

function validatePlanning(props: ExtractorProps): void {
  const risks = Object.values(SourceRisk);
  validateList('accept', props.accept, risks.join(', '));
  const unknown = props.accept?.find((risk) => !risks.includes(risk));
  if (unknown !== undefined) throw invalid(`accept must name ${risks.join(', ')}, got ${describe(unknown)}`);
  const cuts = ['targetChunkBytes', 'targetChunkRows'] as const;
  if (cuts.every((name) => props[name] !== undefined)) throw invalid('targetChunkBytes and targetChunkRows exclude each other: cut by bytes or by rows');
  const beside = (['tables', 'excludeTables', 'includeViews', 'tableOptions', 'query', ...cuts] as const).find((name) => props[name] !== undefined);
  if (props.plan !== undefined && beside !== undefined) throw invalid(`plan excludes ${beside}: the plan says what is read and how it is cut`);
}

function validateFormat(format: ExtractFormat | undefined): void {
  // Not by instanceof: each door has a class of its own.
  if (format === undefined || (typeof format === 'object' && format !== null && ['csv', 'jsonl', 'parquet'].includes(format.name))) return;
  throw invalid(`format must be ExtractFormat.parquet(), ExtractFormat.csv() or ExtractFormat.jsonLines(), got ${describe(format)}`);
}

function validateConsistency({ consistency, query }: ExtractorProps): void {
  if (consistency === undefined) return;
  validateChoice('consistency', consistency, Consistency);
  if (query !== undefined) throw invalid('consistency is not for a query, which is sent as it is: say it in the query, or extract tables');
}
