import type { Checksum, ObjectMetadata } from '../../../contract';

/** What to call a new object and what to say of it. */
export interface ObjectHeader {
  /** Full key, prefix included. */
  readonly key: string;
  readonly contentType: string;
  readonly contentEncoding?: string;
  readonly metadata: ObjectMetadata;
  /**
   * What becomes of an object that is under the key already: `never` keeps it, and writing fails with TARGET_OCCUPIED; a function is
   * asked first, and only the very object that was there then is replaced. The store itself decides, so that a writer which stood
   * still meanwhile changes nothing. Absent: it is replaced.
   */
  readonly replace?: 'never' | (() => Promise<void>);
  /** Told of each part of a multipart upload that is in the store, numbered from 1. */
  readonly onPart?: (part: number, sizeBytes: number) => void;
}

/** An object that is wholly there: its size and checksum are the target's own answer, compared with ours. */
export interface LandedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly checksum: Checksum;
  readonly eTag?: string;
}

/** An object as the target has it. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** As the store states it; absent where it keeps none. */
  readonly checksum?: string;
  /** Its bytes, to be read once. @throws LegacyToS3Error */
  readonly body: AsyncIterable<Uint8Array>;
  /** Where it is a file of this machine. */
  readonly path?: string;
}

/** A part of an object. */
export interface ObjectPart {
  readonly bytes: Buffer;
  /** Of the whole object. */
  readonly sizeBytes: number;
}

/**
 * One object being written. Nothing is visible under the key before {@link complete} resolves.
 */
export interface ObjectWriter {
  /**
   * Takes bytes. They are copied before the call returns, so the caller may reuse its buffer at once.
   *
   * @returns nothing when more can be taken now; else a promise to wait for before the next call (back-pressure)
   */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Makes the object visible. @throws LegacyToS3Error; the object is then not there. */
  complete(): Promise<LandedObject>;
  /** Gives the object up and leaves nothing behind (no multipart upload, no temporary file). Never throws. */
  abort(): Promise<void>;
}

/** A place objects land in: an S3 bucket or a folder. */
export interface LandingTarget {
  /** Landing prefix in key form: empty, or with one trailing slash. */
  readonly prefix: string;
  /** For messages: `s3://bucket/prefix/` or `file:///folder/`. */
  readonly url: string;
  /** Fails early and clearly when the target is missing or may not be written. */
  check(): Promise<void>;
  /** Whether keys that differ only by case are one; no where it is absent. Asked after {@link check}. */
  foldsCase?(): Promise<boolean>;
  open(header: ObjectHeader): ObjectWriter;
  /** Whether an object is there. @throws LegacyToS3Error */
  has(key: string): Promise<boolean>;
  /** An object to read; undefined when there is none. @throws LegacyToS3Error */
  read(key: string): Promise<StoredObject | undefined>;
  /**
   * Bytes of an object from a place on, fewer where it ends before; undefined when there is none.
   *
   * @param from below 0: its last bytes
   * @throws LegacyToS3Error
   */
  readPart(key: string, from: number, size: number): Promise<ObjectPart | undefined>;
  /** Keys of the objects directly under a folder of keys, which has a trailing slash. @throws LegacyToS3Error */
  list(folder: string): Promise<string[]>;
  /** Deletes an object; one that is not there is no error. @throws LegacyToS3Error */
  remove(key: string): Promise<void>;
  /**
   * Deletes what lies under a folder of keys, uploads that were never completed among it.
   *
   * @param folder with a trailing slash
   * @param keep keys of objects that stay
   * @throws LegacyToS3Error
   */
  sweep(folder: string, keep: ReadonlySet<string>): Promise<void>;
  /** Frees connections. */
  close(): Promise<void>;
}
