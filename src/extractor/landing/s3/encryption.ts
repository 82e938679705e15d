/** Which encryption objects are asked for. */
export interface EncryptionOptions {
  /** Key for SSE-KMS; default the bucket's own encryption. */
  readonly kmsKeyId?: string;
  /** S3's name of the encryption; default none is asked for, or SSE-KMS with a key. */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
}

/**
 * The members of a request that makes an object. A bucket's policy may demand them, whatever its default encryption is; DSSE-KMS
 * has no bucket keys (Amazon S3, "Using dual-layer server-side encryption").
 */
export function encryptionOf({ kmsKeyId, serverSideEncryption = kmsKeyId ? 'aws:kms' : undefined }: EncryptionOptions) {
  return {
    ...(serverSideEncryption && { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId && { SSEKMSKeyId: kmsKeyId }),
    ...(serverSideEncryption === 'aws:kms' && { BucketKeyEnabled: true }),
  };
}
