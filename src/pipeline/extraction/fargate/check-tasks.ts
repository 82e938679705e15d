import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { invalidInput, requireWhole } from '../../checks/validation';
import { ExtractionProps } from '../extraction-props';

/** Memory that Fargate has for so much CPU: from, to, in steps of (MiB; Amazon ECS, "Task size"). */
const SIZES: ReadonlyMap<number, readonly [least: number, most: number, step: number]> = new Map([
  [256, [1024, 2048, 1024]],
  [512, [1024, 4096, 1024]],
  [1024, [2048, 8192, 1024]],
  [2048, [4096, 16_384, 1024]],
  [4096, [8192, 30_720, 1024]],
  [8192, [16_384, 61_440, 4096]],
  [16_384, [32_768, 122_880, 8192]],
] as const);

/** Refuses tasks that could not be deployed, or would fail in every execution. */
export function checkTasks(scope: Construct, { workers, vpc }: ExtractionProps): void {
  const options = workers?.fargateOptions;
  if (!options) return;
  if (!vpc) throw invalidInput(scope, 'workers that are tasks of Fargate need vpc, which is not set: a task is always in a VPC; or choose ExtractionWorkers.lambda()');
  requireWhole(scope, 'workers: fargate maxConcurrency', options.maxConcurrency, { min: 1, max: 1000 });
  checkSize(scope, options.cpu ?? 1024, options.memoryMiB ?? 2048);
  const size = options.ephemeralStorage;
  // Less than 21 GiB cannot be asked for: 20 are there (AWS CloudFormation, "AWS::ECS::TaskDefinition EphemeralStorage").
  if (size && !size.isUnresolved()) requireWhole(scope, 'workers: fargate ephemeralStorage', size.toGibibytes(), { min: 21, max: 200, unit: 'GiB' });
}

function checkSize(scope: Construct, cpu: number, memoryMiB: number): void {
  if (Token.isUnresolved(cpu) || Token.isUnresolved(memoryMiB)) return;
  const memory = SIZES.get(cpu);
  if (!memory) throw invalidInput(scope, `workers: fargate cpu must be ${[...SIZES.keys()].join(', ')} units, of which 1024 are a vCPU, got ${cpu}`);
  const [least, most, step] = memory;
  if (memoryMiB >= least && memoryMiB <= most && memoryMiB % step === 0) return;
  throw invalidInput(scope, `workers: fargate memoryMiB must be from ${least} to ${most} in steps of ${step} with cpu ${cpu}, got ${memoryMiB}`);
}
