import { createHash } from 'node:crypto';
import { concatCrc64Nvme, crc64Nvme } from './crc64-nvme';
import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../../../contract';

/** The checksum of one part's bytes. */
export interface PartChecksum {
  readonly digest: Buffer;
  readonly sizeBytes: number;
}

/** How the checksum of an object is made of those of its parts (Amazon S3, "Checking object integrity"). */
export interface ChecksumScheme {
  readonly algorithm: ChecksumAlgorithm;
  /** What S3 states of an object of several parts; of one PutObject it is always that of the bytes. */
  readonly multipartType: ChecksumType;
  readonly digest: (bytes: Uint8Array) => Promise<Buffer>;
  /** Of the object, as S3 states it. */
  readonly ofParts: (parts: readonly PartChecksum[]) => string;
}

const SHA256: ChecksumScheme = {
  algorithm: 'SHA256',
  // A SHA-256 has no full-object form in S3.
  multipartType: 'COMPOSITE',
  digest: async (bytes) => createHash('sha256').update(bytes).digest(),
  ofParts: (parts) => {
    const all = createHash('sha256');
    for (const { digest } of parts) all.update(digest);
    return `${all.digest('base64')}-${parts.length}`;
  },
};

const CRC64NVME: ChecksumScheme = {
  algorithm: 'CRC64NVME',
  multipartType: 'FULL_OBJECT',
  digest: async (bytes) => crc64Nvme(bytes),
  ofParts: (parts) => {
    const whole = parts.reduce((crc, { digest, sizeBytes }) => concatCrc64Nvme(crc, digest.readBigUInt64BE(), sizeBytes), 0n);
    const out = Buffer.alloc(8);
    out.writeBigUInt64BE(whole);
    return out.toString('base64');
  },
};

/** The checksum that each object gets, or none that the store knows. */
export type ChecksumChoice = ChecksumAlgorithm | 'NONE';

/**
 * For stores without checksums of objects: each request's MD5 (Content-MD5, which S3 had from the start), and of the object our own
 * SHA-256 of all bytes, which the store never learns.
 */
const NONE: ChecksumScheme = {
  algorithm: 'SHA256',
  multipartType: 'FULL_OBJECT',
  digest: async (bytes) => createHash('md5').update(bytes).digest(),
  // As stores make the ETag of an object of several parts, where nothing but MD5 goes into it.
  ofParts: (parts) => `${createHash('md5').update(Buffer.concat(parts.map(({ digest }) => digest))).digest('hex')}-${parts.length}`,
};

export const CHECKSUM_SCHEMES: { readonly [choice in ChecksumChoice]: ChecksumScheme } = { SHA256, CRC64NVME, NONE };

/** The members of S3's requests and answers that hold a checksum. */
export type ChecksumMembers = { readonly [member in `Checksum${ChecksumAlgorithm}`]?: string };

/** A single PutObject's checksum. */
export function fullObject({ algorithm }: ChecksumScheme, digest: Buffer): Checksum {
  return { algorithm, type: 'FULL_OBJECT', value: digest.toString('base64') };
}
