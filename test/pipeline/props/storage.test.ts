import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  FailureQueue, FailureQueueProps, LandingBucket, LandingBucketProps, LandingCatalog, LandingCatalogProps, MetadataTable, MetadataTableProps,
} from '../../../src/pipeline';
import { bucketCases, catalogCases } from '../prop-case-sets';
import { testProps } from '../prop-cases';

/** The stand-alone parts that keep something: every prop by default and by a value of one's own. */

const encryptionKey = (stack: Stack) => new kms.Key(stack, 'Own');

describe('LandingBucket', () => {
  testProps<LandingBucketProps>({
    ...bucketCases('Bucket'),
    encryptionKey: { own: (stack) => ({ encryptionKey: encryptionKey(stack) }), shows: /^Bucket\/.*KMSMasterKeyID\/Fn::GetAtt\/0: Own$/ },
    removalPolicy: { byDefault: RemovalPolicy.RETAIN, own: () => ({ removalPolicy: RemovalPolicy.DESTROY }), shows: /^Bucket\/DeletionPolicy: Delete$/ },
    autoDeleteObjects: {
      byDefault: false,
      own: () => ({ autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY }),
      shows: /^BucketAutoDeleteObjectsCustomResource\/Type: Custom::S3AutoDeleteObjects$/,
    },
  }, (stack, props) => new LandingBucket(stack, 'Bucket', props));
});

describe('MetadataTable', () => {
  testProps<MetadataTableProps>({
    encryptionKey: { own: (stack) => ({ encryptionKey: encryptionKey(stack) }), shows: /^Table\/.*KMSMasterKeyId\/Fn::GetAtt\/0: Own$/ },
    removalPolicy: {
      byDefault: RemovalPolicy.RETAIN, own: () => ({ removalPolicy: RemovalPolicy.DESTROY }), shows: /^Table\/Properties\/DeletionProtectionEnabled: false$/,
    },
  }, (stack, props) => new MetadataTable(stack, 'Table', props));
});

describe('FailureQueue', () => {
  testProps<FailureQueueProps>({
    encryptionKey: { own: (stack) => ({ encryptionKey: encryptionKey(stack) }), shows: /^Queue\/Properties\/KmsMasterKeyId\/Fn::GetAtt\/0: Own$/ },
  }, (stack, props) => new FailureQueue(stack, 'Queue', props));
});

describe('LandingCatalog', () => {
  testProps<LandingCatalogProps>({
    ...catalogCases('Catalog'),
    bucket: { own: (stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Own', 'other') }), shows: /^CatalogRunsTable\/.*\/Location: s3:\/\/other\/runs\/$/ },
    objectPrefix: { own: () => ({ objectPrefix: 'in/' }), shows: /^CatalogRunsTable\/.*\/Location: s3:\/\/landing\/in\/runs\/$/ },
    encryptionKey: { own: (stack) => ({ encryptionKey: encryptionKey(stack) }), shows: /^CatalogWorkGroup\/.*\/EncryptionOption: SSE_KMS$/ },
    removalPolicy: { byDefault: RemovalPolicy.RETAIN, own: () => ({ removalPolicy: RemovalPolicy.DESTROY }), shows: /^CatalogResults\/DeletionPolicy: Delete$/ },
    autoDeleteObjects: {
      byDefault: false,
      own: () => ({ autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY }),
      shows: /^CatalogResultsAutoDeleteObjectsCustomResource\/Type: Custom::S3AutoDeleteObjects$/,
    },
    minimumTLSVersion: { own: () => ({ minimumTLSVersion: 1.2 }), shows: /^CatalogResultsPolicy\/.*\/NumericLessThan\/s3:TlsVersion: 1.2$/ },
  }, (stack, props) => new LandingCatalog(stack, 'Catalog', { bucket: s3.Bucket.fromBucketName(stack, 'Landing', 'landing'), ...props }));
});
