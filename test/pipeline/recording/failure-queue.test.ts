import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { FailureQueue } from '../../../src/pipeline';
import { arnMatch, only, synth } from '../synth';

describe('by default', () => {
  let template: Template;
  beforeAll(() => { template = synth((stack) => new FailureQueue(stack, 'Failures')).template; });

  test('messages stay as long as SQS allows', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  test('messages are encrypted with keys of SQS', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true, KmsMasterKeyId: Match.absent() });
  });

  test('requests without TLS are denied', () => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    });
  });

  test('it has no physical name', () => {
    expect(only(template, 'AWS::SQS::Queue').Properties.QueueName).toBeUndefined();
  });
});

test('a key encrypts the messages', () => {
  const { template } = synth((stack) => new FailureQueue(stack, 'Failures', { encryptionKey: new kms.Key(stack, 'Key') }));
  template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: arnMatch('Key') });
});
