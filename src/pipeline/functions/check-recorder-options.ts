import { Duration, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { RecorderFunctionOptions } from './recorder-options';
import { HANDLER_ENV } from '../../contract';
import { invalidInput, requireDuration, requireWhole } from '../checks/validation';

const NOT_OVERRIDABLE: readonly string[] = Object.values(HANDLER_ENV).filter((name) => name !== HANDLER_ENV.logLevel);

/** Refuses settings that Lambda would refuse at deployment, or that would cut the recorder off from its table and metrics. */
export function checkRecorderOptions(scope: IConstruct, options: RecorderFunctionOptions): void {
  requireWhole(scope, 'memorySize', options.memorySize, { min: 128, max: 10240, unit: 'MB' });
  requireDuration(scope, 'timeout', options.timeout, { min: Duration.seconds(1), max: Duration.minutes(15) });
  requireWhole(scope, 'retryAttempts', options.retryAttempts, { min: 0, max: 2 });
  requireDuration(scope, 'maxEventAge', options.maxEventAge, { min: Duration.minutes(1), max: Duration.hours(6) });
  requireWhole(scope, 'reservedConcurrentExecutions', options.reservedConcurrentExecutions, { min: 1 });
  if (options.runtime) requireRuntime(scope, options.runtime);
  const wrong = Object.keys(options.environment ?? {}).find((name) => !Token.isUnresolved(name) && !/^[A-Za-z]\w+$/.test(name));
  if (wrong !== undefined) throw invalidInput(scope, `environment must name its variables in letters, digits and _, a letter first, two at least, got '${wrong}'`);
  const taken = Object.keys(options.environment ?? {}).filter((name) => NOT_OVERRIDABLE.includes(name));
  if (taken.length > 0) {
    throw invalidInput(scope, `environment must not set ${taken.join(', ')}: the pipeline sets ${NOT_OVERRIDABLE.join(', ')} itself`);
  }
  if (!options.vpc && (options.vpcSubnets || options.securityGroups)) {
    throw invalidInput(scope, `${options.vpcSubnets ? 'vpcSubnets' : 'securityGroups'} needs vpc, which is not set`);
  }
}

/** The bundles are built for this release of Node.js. */
const OLDEST_NODE = 20;

function requireRuntime(scope: IConstruct, { name, family }: lambda.Runtime): void {
  const [, release] = /^nodejs(\d+)\.x$/.exec(name) ?? [];
  if (family !== lambda.RuntimeFamily.NODEJS || (release !== undefined && Number(release) < OLDEST_NODE)) {
    throw invalidInput(scope, `runtime must be a Node.js one, ${OLDEST_NODE} or newer, got '${name}'`);
  }
}
