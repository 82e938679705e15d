import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ExpireStep, ExtractionInput } from '../../contract';
import { allowServiceByKeyPolicy } from '../access/key-policy';
import { acknowledgeByStandards } from '../access/nag-acknowledgements';

/** How executions end that did not succeed, as Step Functions' events have it. */
export const UNSUCCESSFUL = ['FAILED', 'TIMED_OUT', 'ABORTED'];

/** A start that is so late is none: it would read the source in working hours. */
const LATEST_START = Duration.hours(1);

/** What EventBridge and its scheduler start, and where it goes when it cannot be started. */
export class ExtractionStarts extends Construct {
  constructor(scope: Construct, id: string, private readonly deadLetters: sqs.IQueue) {
    super(scope, id);
  }

  /** Starts executions by a schedule. @param latest after which a start that is late is none */
  public schedule(
    schedule: scheduler.ScheduleExpression, stateMachine: sfn.IStateMachine, enabled: boolean, latest: Duration = LATEST_START,
  ): scheduler.Schedule {
    const { deadLetters } = this;
    const role = new iam.Role(this, 'ScheduleRole', {
      description: 'Lets EventBridge Scheduler start an extraction',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } } }),
    });
    acknowledgeByStandards(role, 'IAMNoInlinePolicy', 'the policy is of what this one schedule starts, and of use to nobody else');
    role.addToPolicy(new iam.PolicyStatement({ sid: 'Start', actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }));
    role.addToPolicy(new iam.PolicyStatement({ sid: 'SendDeadLetters', actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }));
    deadLetters.encryptionMasterKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
    return new scheduler.Schedule(this, 'Schedule', {
      schedule,
      enabled,
      description: 'Starts an extraction',
      target: {
        bind: () => ({
          arn: stateMachine.stateMachineArn,
          role,
          // Nothing but the time: an execution takes what the deployment says.
          input: scheduler.ScheduleTargetInput.fromObject({ scheduledAt: scheduler.ContextAttribute.scheduledTime } satisfies ExtractionInput),
          deadLetterConfig: { arn: deadLetters.queueArn },
          retryPolicy: { maximumEventAgeInSeconds: latest.toSeconds(), maximumRetryAttempts: 185 },
        }),
      },
    });
  }

  /**
   * Tells the control function of executions that did not succeed. No Catch of theirs could: it does not run when they are
   * stopped or time out, and what it has left cannot be redriven.
   */
  public afterFailures(stateMachine: sfn.IStateMachine, control: lambda.IFunction): void {
    const field = (name: string) => events.EventField.fromPath(`$.detail.${name}`);
    // The function takes the start as the event has it, in milliseconds since 1970.
    const event = { step: 'leave', execution: { arn: field('executionArn'), startTime: field('startDate') }, status: field('status') };
    this.invoke(new events.Rule(this, 'Unsuccessful', {
      description: 'Tells an extraction of executions that did not succeed',
      eventPattern: statusPattern(stateMachine, UNSUCCESSFUL),
    }), control, event);
  }

  /** Has the control function drop database snapshots that were kept for long enough. */
  public expireSnapshots(control: lambda.IFunction, keepFor: Duration): void {
    const event: ExpireStep = { step: 'expire', keepSnapshotHours: keepFor.toHours() };
    this.invoke(new events.Rule(this, 'Expiry', {
      description: 'Has an extraction drop database snapshots that nobody went on with',
      schedule: events.Schedule.rate(Duration.hours(1)),
    }), control, event);
  }

  private invoke(rule: events.Rule, control: lambda.IFunction, event: object): void {
    const { deadLetters } = this;
    rule.addTarget(new targets.LambdaFunction(control, { event: events.RuleTargetInput.fromObject(event), deadLetterQueue: deadLetters }));
    if (!deadLetters.encryptionMasterKey) return;
    // Without conditions on the source: for this use EventBridge documents none, and one that never matches loses events.
    allowServiceByKeyPolicy(deadLetters.encryptionMasterKey, {
      sid: 'EventsEncrypt', of: 'the key of the dead letters', service: 'events.amazonaws.com', actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
  }
}

/** Events of a state machine's executions; those of a Map's children are of another one, `<state machine>/Chunks`. */
export function statusPattern(stateMachine: sfn.IStateMachine, status: readonly string[]): events.EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: { stateMachineArn: [stateMachine.stateMachineArn], status: [...status] },
  };
}

/** Whether a schedule begins at least once a day: a rate of a day or less, or a cron expression of every day (Scheduler, "Schedule types"). */
export function isDaily({ expressionString }: scheduler.ScheduleExpression): boolean {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expressionString) ?? [];
  if (value !== undefined) return Number(value) * { minute: 1, hour: 60, day: 1440 }[unit as 'minute' | 'hour' | 'day'] <= 1440;
  const fields = /^cron\((.*)\)$/.exec(expressionString)?.[1].trim().split(/\s+/);
  return fields?.length === 6 && fields.slice(2).every((field) => field === '*' || field === '?');
}
