import { Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { AlarmTopic } from '../../../../src/pipeline';
import { arnMatch, only, synth } from '../../synth';

test('alarms of this account may publish, and nobody without TLS', () => {
  const { template } = synth((stack) => new AlarmTopic(stack, 'Topic'));
  expect(only(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Action: 'sns:Publish', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    {
      Sid: 'AlarmsPublish',
      Effect: 'Allow',
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Resource: { Ref: expect.stringMatching(/^Topic/) },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    },
  ]);
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
});

test('a key encrypts the messages, and alarms may use it', () => {
  const { template } = synth((stack) => new AlarmTopic(stack, 'Topic', { encryptionKey: new kms.Key(stack, 'Key') }));
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: arnMatch('Key') });
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: {
      Statement: Match.arrayWith([Match.objectLike({
        Sid: 'AlarmsEncrypt',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      })]),
    },
  });
});
