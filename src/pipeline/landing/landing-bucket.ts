import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeByStandards, acknowledgeResource } from '../access/nag-acknowledgements';
import { invalidInput, requireDuration, requireNumber } from '../checks/validation';

/** Options of the bucket a pipeline makes for itself. */
export interface LandingBucketOptions {
  /**
   * How long S3 keeps the parts of a multipart upload that was never finished; whole days.
   *
   * @default Duration.days(7)
   */
  readonly abortIncompleteMultipartUploadAfter?: Duration;

  /**
   * How long S3 keeps a version that a newer one replaced; whole days.
   *
   * @default - replaced versions are kept
   */
  readonly noncurrentVersionExpiration?: Duration;

  /**
   * Further lifecycle rules, for example one that moves old runs to a cheaper storage class.
   *
   * @default - unfinished multipart uploads are aborted, and replaced versions expire if `noncurrentVersionExpiration` is set
   */
  readonly lifecycleRules?: s3.LifecycleRule[];

  /**
   * Copies of what lands in other buckets, of any region or account; they are versioned, as this one is. With an
   * `encryptionKey` each rule needs the key of its copies, as `kmsKey` or as that of the destination; the objects, all
   * encrypted then, are selected (`sseKmsEncryptedObjects`).
   *
   * @default - no copies
   */
  readonly replicationRules?: s3.ReplicationRule[];

  /**
   * Bucket that gets S3's server access logs.
   *
   * @default - no server access logs
   */
  readonly serverAccessLogsBucket?: s3.IBucket;

  /**
   * Prefix of the server access logs; only with `serverAccessLogsBucket`.
   *
   * @default - no prefix
   */
  readonly serverAccessLogsPrefix?: string;

  /**
   * S3 Object Lock: how every landed version is protected from deletion. A run that is repeated writes new versions, so
   * the lock does not stop it. It can be set only when the bucket is made.
   *
   * @default - no object lock
   */
  readonly objectLockDefaultRetention?: s3.ObjectLockRetention;

  /**
   * Oldest version of TLS that requests may come by, 1.2 or 1.3 (of a pipeline: to the buckets that it makes).
   *
   * @default - any version that S3 takes
   */
  readonly minimumTLSVersion?: number;
}

/** Properties of a landing bucket. */
export interface LandingBucketProps extends LandingBucketOptions {
  /**
   * KMS key that encrypts the objects (SSE-KMS with a bucket key).
   *
   * @default - keys managed by S3 (SSE-S3)
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the bucket when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether all objects are deleted when the bucket leaves the stack; CloudFormation removes no bucket that holds any. Only
   * with `RemovalPolicy.DESTROY` and without object lock.
   *
   * @default false
   */
  readonly autoDeleteObjects?: boolean;
}

/** Refuses to delete what is to be kept. */
export function requireDeletable(scope: Construct, props: Pick<LandingBucketProps, 'autoDeleteObjects' | 'removalPolicy' | 'objectLockDefaultRetention'>): void {
  if (!props.autoDeleteObjects) return;
  const { removalPolicy = RemovalPolicy.RETAIN, objectLockDefaultRetention } = props;
  if (removalPolicy !== RemovalPolicy.DESTROY) {
    throw invalidInput(scope, `autoDeleteObjects needs the removalPolicy '${RemovalPolicy.DESTROY}', got '${removalPolicy}'`);
  }
  if (objectLockDefaultRetention) {
    throw invalidInput(scope, 'autoDeleteObjects cannot be set together with objectLockDefaultRetention: locked versions cannot be deleted before their time');
  }
}

/**
 * Rules that copy what the bucket's key encrypts: by default S3 passes over it, and it copies it with the key of the copies alone
 * (S3, "Replicating encrypted objects").
 */
function replicating(scope: Construct, rules: readonly s3.ReplicationRule[], encryptionKey?: kms.IKey): s3.ReplicationRule[] {
  if (!encryptionKey) return [...rules];
  return rules.map((rule, at) => {
    if (rule.sseKmsEncryptedObjects === false) {
      throw invalidInput(scope, `replicationRules[${at}].sseKmsEncryptedObjects must not be false beside encryptionKey: all objects are encrypted by it, so that none would be copied`);
    }
    const kmsKey = rule.kmsKey ?? rule.destination.encryptionKey;
    if (!kmsKey) {
      throw invalidInput(scope, `replicationRules[${at}] needs kmsKey, the key of the copies, beside encryptionKey: S3 copies objects encrypted by a key only to such; `
        + `the destination '${rule.destination.node.path}' is not known to have one`);
    }
    return { ...rule, sseKmsEncryptedObjects: true, kmsKey };
  });
}

/**
 * The bucket the extracted data lands in: encrypted, reached by TLS only, closed to the public, versioned, owned by the
 * account (ACLs off), kept when the stack goes, and swept of unfinished multipart uploads.
 */
export class LandingBucket extends s3.Bucket {
  constructor(scope: Construct, id: string, props: LandingBucketProps = {}) {
    const abortAfter = props.abortIncompleteMultipartUploadAfter ?? Duration.days(7);
    const lifetime = { min: Duration.days(1), max: Duration.days(36500), whole: 'days' } as const;
    requireDuration(scope, 'abortIncompleteMultipartUploadAfter', abortAfter, lifetime);
    requireDuration(scope, 'noncurrentVersionExpiration', props.noncurrentVersionExpiration, lifetime);

    if (props.serverAccessLogsPrefix !== undefined && !props.serverAccessLogsBucket) {
      throw invalidInput(scope, 'serverAccessLogsPrefix needs serverAccessLogsBucket, which is not set');
    }

    requireDeletable(scope, props);
    requireNumber(scope, 'minimumTLSVersion', props.minimumTLSVersion, { min: 1.2, max: 1.3 });

    super(scope, id, {
      encryption: props.encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
      encryptionKey: props.encryptionKey,
      bucketKeyEnabled: props.encryptionKey ? true : undefined,
      enforceSSL: true,
      minimumTLSVersion: props.minimumTLSVersion,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      objectLockEnabled: props.objectLockDefaultRetention ? true : undefined,
      objectLockDefaultRetention: props.objectLockDefaultRetention,
      serverAccessLogsBucket: props.serverAccessLogsBucket,
      serverAccessLogsPrefix: props.serverAccessLogsPrefix,
      // An empty list would be a role and a configuration without rules, which S3 refuses.
      replicationRules: props.replicationRules?.length ? replicating(scope, props.replicationRules, props.encryptionKey) : undefined,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      autoDeleteObjects: props.autoDeleteObjects,
      lifecycleRules: [
        { id: 'AbortIncompleteMultipartUploads', abortIncompleteMultipartUploadAfter: abortAfter },
        ...props.noncurrentVersionExpiration
          ? [{ id: 'ExpireReplacedVersions', noncurrentVersionExpiration: props.noncurrentVersionExpiration }]
          : [],
        ...props.lifecycleRules ?? [],
      ],
    });

    if (!props.serverAccessLogsBucket) {
      acknowledge(this, 'S1', 'server access logs are an option: who already logs S3 data events with CloudTrail needs no second log');
    }
    this.acknowledgeReplicationRole(props.replicationRules ?? []);
  }

  /** The role comes with aws-cdk-lib: it reads every object here and writes every copy. */
  private acknowledgeReplicationRole(rules: readonly s3.ReplicationRule[]): void {
    const role = this.node.tryFindChild('ReplicationRole');
    if (!role) return;
    const reason = 'what is copied is named after its source, which nobody knows before; the role is made by aws-cdk-lib';
    for (const bucket of [this, ...rules.map(({ destination }) => destination)]) acknowledgeResource(role, bucket.arnForObjects('*'), reason);
    const family = 'one action of KMS in its variants, on the key of the copies alone; aws-cdk-lib makes it';
    for (const action of ['kms:ReEncrypt*', 'kms:GenerateDataKey*']) acknowledge(role, `IAM5[Action::${action}]`, family);
    acknowledgeByStandards(role, 'IAMNoInlinePolicy', 'the policy is of this role alone; aws-cdk-lib makes it');
  }
}
