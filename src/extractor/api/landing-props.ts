/** Checksum of the landed objects; S3's names for the algorithms. */
export enum ObjectChecksum {
  /** SHA-256 of each part; an object of several parts has the SHA-256 of theirs. */
  SHA256 = 'SHA256',
  /** CRC-64/NVME of the whole object's bytes, however many parts it went up in. */
  CRC64NVME = 'CRC64NVME',
}

/** Where objects land. */
export interface LandingProps {
  /** Where objects land: `s3://bucket/prefix` or `file:///folder`. */
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
