import { describe, invalid, validateChoice, validateWhole } from './validate-value';
import { ObjectChecksum, ServerSideEncryption, type LandingProps } from '../api/landing-props';

/** Checks the target. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateLanding(props: LandingProps): void {
  const target: unknown = props.target;
  if (typeof target !== 'string' || !/^(s3:\/\/[^/]+|file:\/\/\/)/.test(target)) {
    const meant = typeof target === 'string' && target.startsWith('/') ? `; did you mean file://${target}?` : '';
    throw invalid(`target must be s3://bucket/prefix or file:///folder, got ${describe(target)}${meant}`);
  }
  const bucket = /^s3:\/\/([^/]+)/.exec(target)?.[1];
  // Buckets of before 2018 in us-east-1 may have upper-case letters and underscores, and longer names.
  if (bucket?.startsWith('arn:')) {
    validateAccessPoint(target, props.endpointUrl);
  } else if (bucket !== undefined && !/^[\w.-]{3,255}$/.test(bucket)) {
    throw invalid(`target must name a bucket of at least 3 letters, digits, dots and hyphens, got ${describe(bucket)}`);
  }
  if (props.endpointUrl !== undefined && !/^https?:\/\/[^/]/.test(props.endpointUrl)) {
    throw invalid(`endpointUrl must be an http or https URL, got ${describe(props.endpointUrl)}`);
  }
  if (props.proxyUrl !== undefined && !/^https?:\/\/[^/]/.test(props.proxyUrl)) {
    // It may hold a password.
    throw invalid('proxyUrl must be an http or https URL such as http://proxy:8080');
  }
  if (props.roleArn !== undefined && !/^arn:[^:]+:iam::\d{12}:role\/.+/.test(props.roleArn)) {
    throw invalid(`roleArn must be arn:aws:iam::<account>:role/<name>, got ${describe(props.roleArn)}`);
  }
  if (props.expectedBucketOwner !== undefined && !/^\d{12}$/.test(props.expectedBucketOwner)) {
    throw invalid(`expectedBucketOwner must be an account id of 12 digits, got ${describe(props.expectedBucketOwner)}`);
  }
  validateChoice('checksum', props.checksum, ObjectChecksum);
  validateChoice('serverSideEncryption', props.serverSideEncryption, ServerSideEncryption);
  if (props.serverSideEncryption === ServerSideEncryption.AES256 && props.kmsKeyId !== undefined) {
    throw invalid('serverSideEncryption AES256 has no key of KMS: leave kmsKeyId out, or choose aws:kms');
  }
  validateWhole('targetTimeoutSeconds', props.targetTimeoutSeconds, 1, 3600);
  if (target.startsWith('file:')) {
    for (const name of ['region', 'endpointUrl', 'kmsKeyId', 'serverSideEncryption', 'expectedBucketOwner', 'checksum', 'targetTimeoutSeconds'] as const) {
      if (props[name] !== undefined) throw invalid(`${name} is for s3:// targets, but the target is '${target}'`);
    }
  }
}

/** Regions may be empty only in ARNs of multi-region access points, whose requests need another signature (SigV4A). */
const ACCESS_POINT = /^s3:\/\/arn:aws[\w-]*:s3(-outposts)?:[\w-]+:\d{12}:(outpost[/:][\w-]+[/:])?accesspoint[/:][\w-]{3,50}(\/|$)/;

function validateAccessPoint(target: string, endpointUrl: string | undefined): void {
  if (!ACCESS_POINT.test(target)) {
    throw invalid('target must name an access point of one region as s3://arn:aws:s3:<region>:<account>:accesspoint/<name>/prefix, or by its alias, '
      + `got ${describe(target)}`);
  }
  if (endpointUrl !== undefined) throw invalid(`endpointUrl is for names of buckets, but the target is the access point '${target}'`);
}
