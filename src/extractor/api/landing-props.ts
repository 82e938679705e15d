/** Checksum of the landed objects; S3's names for the algorithms. */
export enum ObjectChecksum {
  /** SHA-256 of each part; an object of several parts has the SHA-256 of theirs. */
  SHA256 = 'SHA256',
  /** CRC-64/NVME of the whole object's bytes, however many parts it went up in. */
  CRC64NVME = 'CRC64NVME',
  /**
   * For stores that know no checksums of S3's: requests carry Content-MD5 instead, and the manifest states the SHA-256 of the bytes
   * that were sent, which verify compares with those that it reads. Run completion of a pipeline needs one of the others.
   */
  NONE = 'NONE',
}

/** Encryption that S3 is asked for; S3's names. */
export enum ServerSideEncryption {
  /** Keys of S3 (SSE-S3). */
  AES256 = 'AES256',
  /** A key of KMS (SSE-KMS, with a bucket key): that of `kmsKeyId`, else the account's `aws/s3`. */
  KMS = 'aws:kms',
  /** Two layers, with a key of KMS (DSSE-KMS). */
  KMS_DSSE = 'aws:kms:dsse',
}

/** Where objects land. */
export interface LandingProps {
  /**
   * Where objects land: `s3://bucket/prefix` or `file:///folder`. For the bucket may stand the alias or the ARN of an access point:
   * `s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/name/prefix`.
   */
  readonly target: string;

  /**
   * Region of the bucket.
   *
   * @default - as the AWS SDK finds it (AWS_REGION, profile)
   */
  readonly region?: string;

  /**
   * Profile of the shared AWS config files.
   *
   * @default - as the AWS SDK finds credentials
   */
  readonly profile?: string;

  /**
   * ARN of a role to assume with those credentials, for the bucket as for a secret or parameter.
   *
   * @default - no role is assumed
   */
  readonly roleArn?: string;

  /**
   * Proxy that requests to AWS take: `http://host:port`.
   *
   * @default - none
   */
  readonly proxyUrl?: string;

  /**
   * URL of an S3-compatible store, addressed by path (`<url>/<bucket>/<key>`).
   *
   * @default - Amazon S3
   */
  readonly endpointUrl?: string;

  /**
   * KMS key (id, alias or ARN) that S3 encrypts the objects with (SSE-KMS, with a bucket key).
   *
   * @default - the bucket's own default encryption
   */
  readonly kmsKeyId?: string;

  /**
   * Encryption that is asked for with every object, for buckets whose policy demands the header.
   *
   * @default - ServerSideEncryption.KMS with kmsKeyId, else none: the bucket's own default encryption
   */
  readonly serverSideEncryption?: ServerSideEncryption;

  /**
   * Account that must own the bucket (12 digits); S3 refuses every request when another one does.
   *
   * @default - not checked
   */
  readonly expectedBucketOwner?: string;

  /**
   * Checksum that S3 checks each object by and that the manifest states. Files have their SHA-256.
   *
   * @default ObjectChecksum.SHA256
   */
  readonly checksum?: ObjectChecksum;

  /**
   * How long a request to S3 may take, its answer included, before it is tried anew (seconds); 1 to 3600.
   *
   * @default 300
   */
  readonly targetTimeoutSeconds?: number;
}
