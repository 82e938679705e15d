/** A file that was listed. */
export interface ListedFile {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** Where metadata is written and landed files are read. URIs are `s3://bucket/key` or `file:///path`; their text is the name, without escapes. */
export interface TableFiles {
  /** The bytes; undefined when there is no such file. */
  read(uri: string): Promise<Buffer | undefined>;
  /** The last bytes, fewer when the file is smaller, and its size; undefined when there is no such file. */
  readEnd(uri: string, bytes: number): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined>;
  /** The bytes of a range, fewer where the file ends before; undefined when there is no such file. */
  readRange(uri: string, from: number, bytes: number): Promise<Buffer | undefined>;
  /** Writes a new file, whole or not at all. @returns false when it is there already */
  create(uri: string, bytes: Buffer | string): Promise<boolean>;
  /** Writes a file, whole or not at all, in place of the one before. */
  replace(uri: string, bytes: Buffer | string): Promise<void>;
  /** Deletes files; one that is not there is no failure. */
  delete(uris: readonly string[]): Promise<void>;
  /** The files whose URIs begin with this text. */
  list(uriPrefix: string): Promise<ListedFile[]>;
  /** Whether what is deleted is kept as an earlier version; undefined where that may not be asked. */
  keepsVersions(uri: string): Promise<boolean | undefined>;
}

/** What reading the rows of files needs of them. */
export type RangeFiles = Pick<TableFiles, 'readEnd' | 'readRange'>;

/** One form for a URI that writers spell in several ways: `file:/path` as Java's file systems have it, `s3a://` and `s3n://` as Hadoop's. */
export function canonicalUri(uri: string): string {
  return uri.replace(/^s3[an]:\/\//, 's3://').replace(/^file:\/(?!\/)/, 'file:///');
}
