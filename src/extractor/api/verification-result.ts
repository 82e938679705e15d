/** What verification found wrong. */
export enum VerificationFault {
  /** The run lacks the table, which failed (`onTableError`). */
  MISSING_TABLE = 'missingTable',
  /** An object that the manifest names is not there. */
  MISSING_OBJECT = 'missingObject',
  /** An object lies among the run's that the manifest does not name, so that a reader of the folder sees its rows. */
  UNNAMED_OBJECT = 'unnamedObject',
  /** The object has another size. */
  SIZE = 'size',
  /** The object's bytes, or the store's own checksum of them, are others. */
  CHECKSUM = 'checksum',
  /** The object is not what its format says, or holds a value its column cannot have. */
  UNREADABLE = 'unreadable',
  /** The object has another number of rows. */
  ROWS = 'rows',
  /** The rows have other values. */
  CONTENT = 'content',
  /** The values of a column, over all objects of the table, are others: tells where a difference of content lies. */
  COLUMN = 'column',
  /** The manifest contradicts itself. */
  MANIFEST = 'manifest',
  /** The source has another number of rows now. */
  SOURCE_ROWS = 'sourceRows',
  /** The rows of the source have other values now. */
  SOURCE_CONTENT = 'sourceContent',
}

/** How a run is verified. */
export interface VerifyOptions {
  /**
   * Also read the tables from the source again, chunk by chunk, and compare each chunk's rows and content hash. They are
   * equal only where the source has not changed since the run.
   *
   * @default false
   */
  readonly againstSource?: boolean;

  /**
   * Objects read back at the same time; 1 to 64.
   *
   * @default - the extractor's readers where it says how many, else one for each core, but at least 2 and at most 8
   */
  readonly readers?: number;

  /**
   * Threads that read them, each with an event loop and memory of its own, so that as many cores are used; 0 to 64, 0 for none
   * beside the caller's.
   *
   * @default - the extractor's threads where it says how many, else one for each core, but no more than readers; none where less than 128 MiB are read
   */
  readonly threads?: number;
}

/** A difference. */
export interface VerificationProblem {
  /** What kind of difference. */
  readonly fault: VerificationFault;
  /** One line with all names and both values. */
  readonly message: string;
  /**
   * `schema.table`
   *
   * @default - it is of the whole run
   */
  readonly table?: string;
  /**
   * Number of the chunk within the table, from 0.
   *
   * @default - it is of the whole table
   */
  readonly chunk?: number;
  /**
   * Key of the object.
   *
   * @default - it is of no single object
   */
  readonly objectKey?: string;
  /**
   * Name of the column.
   *
   * @default - it is of whole rows
   */
  readonly column?: string;
  /**
   * What should be there, as the manifest, or the source, has it.
   *
   * @default - nothing should be there
   */
  readonly expected?: string;
  /**
   * What is there.
   *
   * @default - nothing is there
   */
  readonly found?: string;
}

/** What came of a verification. */
export interface VerificationResult {
  /** The run. */
  readonly runId: string;
  /** Objects read back. */
  readonly objects: number;
  /** Rows read back. */
  readonly rows: number;
  /** Bytes read back. */
  readonly sizeBytes: number;
  /** How long it took. */
  readonly seconds: number;
  /** Whether the rows were also compared with those of the source. */
  readonly sourceCompared: boolean;
  /** What was found; empty when all is as it should be. */
  readonly problems: VerificationProblem[];
  /** What could not be compared, and why. */
  readonly notes: string[];
}
