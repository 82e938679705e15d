import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { allowServiceByKeyPolicy } from '../../access/key-policy';

/** Properties of an alarm topic. */
export interface AlarmTopicProps {
  /**
   * KMS key that encrypts the messages; its policy lets CloudWatch use it. (SNS's own key, `alias/aws/sns`, cannot be
   * used: its policy does not let CloudWatch publish.)
   *
   * @default - no key of KMS; the messages say which alarm changed and why, never what is in the data
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What the messages are from, as their reader sees it; at most 100 characters.
   *
   * @default 'Landing pipeline alarms'
   */
  readonly displayName?: string;
}

/** The topic that alarms notify: CloudWatch alarms of this account may publish to it, and all by TLS only. */
export class AlarmTopic extends sns.Topic {
  constructor(scope: Construct, id: string, props: AlarmTopicProps = {}) {
    super(scope, id, { displayName: props.displayName ?? 'Landing pipeline alarms', masterKey: props.encryptionKey, enforceSSL: true });
    const service = 'cloudwatch.amazonaws.com';
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    // A topic with a policy of its own loses the default one, by which alarms of the account could publish.
    this.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'AlarmsPublish', principals: [new iam.ServicePrincipal(service)], actions: ['sns:Publish'], resources: [this.topicArn], conditions,
    }));
    if (props.encryptionKey) {
      allowServiceByKeyPolicy(props.encryptionKey, {
        sid: 'AlarmsEncrypt', service, actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], conditions,
      });
    }
  }
}
