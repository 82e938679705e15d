import { existsSync, readFileSync } from 'fs';
import { Duration, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { checkReach } from './extraction-network';
import { ExtractionProps } from './extraction-props';
import { checkSettings } from './extraction-settings';
import { checkTasks } from './fargate/check-tasks';
import { checkMode } from './mode/following';
import { EXTRACTION_ENV, SERVICES, WINDOW_DAYS } from '../../contract';
import { NEEDS_PASSWORD } from '../../extractor/options/validate-source';
import { validateWindow } from '../../extractor/options/validate-window';
import { requireHere } from '../checks/environment';
import { checkPipelineName } from '../checks/pipeline-name';
import { invalidInput, requireDuration, requireNumber, requireText, requireWhole } from '../checks/validation';
import { checkRecorderOptions } from '../functions/check-recorder-options';

const MEMORY = { min: 512, max: 10240, unit: 'MB' };

/** Refuses what could not be deployed, or would fail in every execution. */
export function checkExtraction(scope: Construct, props: ExtractionProps): void {
  checkName(scope, props);
  checkSource(scope, props);
  checkSettings(scope, props);
  checkMode(scope, props);
  checkBounds(scope, props);
  checkFunctions(scope, props);
  checkTasks(scope, props);
  checkReach(scope, props);
  requireHere(scope, 'pipeline', props.pipeline.bucket, {
    region: 'Step Functions reads an extraction\'s items from a bucket of its own region; put the extraction beside the bucket',
  });
}

function checkName(scope: Construct, { extractionName: name }: ExtractionProps): void {
  checkPipelineName(scope, name, 'extractionName');
  const taken: readonly string[] = Object.values(SERVICES);
  if (name !== undefined && taken.includes(name)) {
    throw invalidInput(scope, `extractionName must not be ${taken.join(', ')}, got '${name}': the pipeline's metrics are told apart by it`);
  }
}

function checkSource(scope: Construct, { source }: ExtractionProps): void {
  if (typeof source !== 'object' || source === null) throw invalidInput(scope, `source must be an object, got ${JSON.stringify(source)}`);
  const { secret, passwordParameter, authentication, caCertificate } = source;
  for (const [name, value] of Object.entries({ secret, passwordParameter })) {
    if (value !== undefined && typeof value !== 'object') throw invalidInput(scope, `source.${name} must be a construct, got a text: a password in a template can be read by others`);
  }
  if (secret && passwordParameter) throw invalidInput(scope, 'source.secret and source.passwordParameter exclude each other: say once where the password is');
  if (!secret && !passwordParameter && NEEDS_PASSWORD.has(authentication)) {
    throw invalidInput(scope, `source.authentication ${authentication ?? 'sql'} needs a password, a client secret or a token: give source.secret or source.passwordParameter`);
  }
  if (caCertificate === undefined) return;
  if (source.trustServerCertificate) {
    throw invalidInput(scope, 'source.caCertificate and source.trustServerCertificate exclude each other: trust either the authorities in the file or any certificate');
  }
  if (!existsSync(caCertificate)) throw invalidInput(scope, `source.caCertificate must be the path of a PEM file, got '${caCertificate}', which is not there`);
  if (!/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(readFileSync(caCertificate, 'latin1'))) {
    throw invalidInput(scope, `source.caCertificate must be a PEM file with certificates, got '${caCertificate}', which has none`);
  }
}

function checkBounds(scope: Construct, props: ExtractionProps): void {
  requireDuration(scope, 'timeout', props.timeout, { min: Duration.minutes(5), max: Duration.days(365), whole: 'seconds' });
  requireDuration(scope, 'keepSnapshotFor', props.keepSnapshotFor, { min: Duration.hours(1), max: Duration.days(14), whole: 'hours' });
  requireDuration(scope, 'overdueAfter', props.overdueAfter, { min: Duration.hours(1), max: Duration.days(7), whole: 'hours' });
  checkWindow(scope, props);
  requireWhole(scope, 'maxSeconds', props.maxSeconds, { min: 1 });
  requireNumber(scope, 'maxCost', props.maxCost, { above: 0 });
  for (const [name, price] of Object.entries(props.prices ?? {})) requireNumber(scope, `prices.${name}`, price, { min: 0 });
  requireWhole(scope, 'assumedBytesPerSecond', props.assumedBytesPerSecond, { min: 1024 });
  if (props.enabled !== undefined && !props.schedule && !props.mode?.changesOptions) throw invalidInput(scope, 'enabled needs schedule, which is not set');
  if (props.planPrefix !== undefined) requireText(scope, 'planPrefix', props.planPrefix, /^[^/\s].*$/, 'a prefix of object keys without a slash before it');
}

function checkWindow(scope: Construct, { window }: ExtractionProps): void {
  try {
    validateWindow(window, WINDOW_DAYS);
  } catch (error) {
    throw invalidInput(scope, (error as Error).message);
  }
}

function checkFunctions(scope: Construct, props: ExtractionProps): void {
  const { runtime, environment, vpc, vpcSubnets, securityGroups } = props;
  checkRecorderOptions(scope, { runtime, environment, vpc, vpcSubnets, securityGroups });
  if (props.vpcEndpoints !== undefined && !vpc) throw invalidInput(scope, 'vpcEndpoints needs vpc, which is not set');
  const own: readonly string[] = Object.values(EXTRACTION_ENV);
  const taken = Object.keys(environment ?? {}).filter((name) => own.includes(name));
  if (taken.length > 0) throw invalidInput(scope, `environment must not set ${taken.join(', ')}: the extraction sets ${own.join(', ')} itself`);
  requireWhole(scope, 'controlMemorySize', props.controlMemorySize, MEMORY);
  requireWhole(scope, 'controlReservedConcurrentExecutions', props.controlReservedConcurrentExecutions, { min: 1 });
  const workers = props.workers?.lambdaOptions ?? {};
  requireWhole(scope, 'workers: memorySize', workers.memorySize, MEMORY);
  requireWhole(scope, 'workers: maxConcurrency', workers.maxConcurrency, { min: 1, max: 1000 });
  requireWhole(scope, 'workers: reservedConcurrentExecutions', workers.reservedConcurrentExecutions, { min: 1 });
  requireDuration(scope, 'workers: timeout', workers.timeout, { min: Duration.minutes(2), max: Duration.minutes(15), whole: 'seconds' });
  const { timeout, keepSnapshotFor, overdueAfter } = props;
  for (const [name, duration] of Object.entries({ timeout, keepSnapshotFor, overdueAfter, 'workers: timeout': workers.timeout })) {
    if (duration?.isUnresolved()) throw invalidInput(scope, `${name} must be known at synthesis, got a token: other settings are reckoned by it`);
  }
  const size = workers.ephemeralStorageSize;
  if (size && !Token.isUnresolved(size.toMebibytes({ rounding: 0 }))) {
    requireWhole(scope, 'workers: ephemeralStorageSize', size.toMebibytes(), { min: 512, max: 10240, unit: 'MiB' });
  }
}
