import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AlarmOverride } from './alarm-override';

/** Options of a set of alarms: whom they tell, and what is different of them. */
export interface AlarmOptions {
  /**
   * E-mail address that is told when an alarm goes off; SNS asks it for confirmation first.
   *
   * @default - nobody is told by e-mail
   */
  readonly alarmEmail?: string;

  /**
   * Topic the alarms notify; its policy must let CloudWatch publish.
   *
   * @default - a new `AlarmTopic`
   */
  readonly alarmTopic?: sns.ITopic;

  /**
   * Topic that the alarms of severity `WARNING` notify instead; its policy must let CloudWatch publish. `alarmEmail` is not
   * subscribed to it.
   *
   * @default - the topic of all the others
   */
  readonly warningTopic?: sns.ITopic;

  /**
   * Whether to make one more alarm that is on while any alarm of severity `CRITICAL` is: for a deployment to roll back by,
   * or a dashboard of many of them. It notifies nobody; the alarms it is made of do.
   *
   * @default false
   */
  readonly compositeAlarm?: boolean;

  /**
   * Whether the topics are told too when an alarm is over. Then each alarm tells of its first OK as well, soon after it was
   * deployed.
   *
   * @default false
   */
  readonly notifyRecovery?: boolean;

  /**
   * Further actions of every alarm that notifies when it goes off, the composite one of failed attempts among them; so none of
   * EC2 or Auto Scaling.
   *
   * @default - the topic alone
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * Changes to single alarms, by their kind (`AlarmKind`, `FunctionAlarmKind`); an unknown kind is refused.
   *
   * @default - the alarms as they are
   */
  readonly alarmOverrides?: { [kind: string]: AlarmOverride };
}
