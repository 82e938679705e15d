import type { ChangeMark, ChangeRole, ManifestBase, ManifestChanges } from './changes';

/** S3's names for checksum algorithms. */
export type ChecksumAlgorithm = 'SHA256' | 'CRC64NVME';

/** S3's names for what a checksum covers: the bytes, or the checksums of the parts (`<base64>-<parts>`). */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as S3 states it: base64, with `-<number of parts>` when composite. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** One landed object. */
export interface ManifestObject {
  /** Full object key, prefix included. */
  readonly key: string;
  /** `<chunk>-<file>`, as in the file name. */
  readonly part: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly checksum: Checksum;
  /** As S3 returned it, without quotes; absent on a file target. */
  readonly eTag?: string;
  /**
   * Hash of the rows' content that does not depend on their order (32 hexadecimal digits), when the run took one;
   * docs/consistency-and-verification.md says how it is made.
   */
  readonly contentHash?: string;
  /** What a file of a run of changes holds; absent: rows of the table. */
  readonly role?: ChangeRole;
}

/** One column, in the order of the landed files. */
export interface ManifestColumn {
  readonly name: string;
  /** Position in the source's result, from 1. A companion column carries its source column's. */
  readonly ordinal: number;
  /** As SQL Server spells it, for example `decimal(19,4)` or `nvarchar(max)`. */
  readonly sourceType: string;
  readonly nullable: boolean;
  readonly collation?: string;
  /** Parquet type (or the text form), for example `DECIMAL(19,4)`. */
  readonly outputType: string;
  /** The type the column has in a Glue table, for example `decimal(19,4)`. */
  readonly glueType: string;
  /** How the length of a value goes into its row's content hash; absent for a companion column. */
  readonly framing?: ValueFraming;
  /** Code page of char, varchar and text, for example `CP1252`, `utf-8`. */
  readonly codePage?: string;
  /** How binary is spelled in CSV and JSON Lines. */
  readonly encoding?: 'hex' | 'base64';
  /**
   * Field id that Parquet files carry (Iceberg spec, "Column Projection"): `column_id` of the source, which is never used again within
   * one object; `companionFieldId()` of a companion. All columns of a table have one, or none: those of a view (ALTER VIEW numbers them
   * anew), of a query, and in manifests of older versions.
   */
  readonly fieldId?: number;
}

/** Which object of the source a table is; a table that was dropped and made again is another one. */
export interface TableIdentity {
  readonly objectId: number;
  /** `create_date` of the object, as the server gives it (ISO 8601 without an offset). */
  readonly created: string;
  /** Of the database: `fork:<recovery_fork_guid>`, else `created:<create_date>`; a restored database has another one. */
  readonly database: string;
  /** Greatest `column_id` that the object ever had (`max_column_id_used`). */
  readonly maxColumnId?: number;
}

/** What was tallied of a column's values while the rows came from the source. */
export interface ManifestTally {
  readonly column: string;
  readonly nulls: number;
  /** Bytes of all values together, of text and binary. */
  readonly bytes?: string;
  /** Exact, of whole numbers, decimals, money and bit; absent without values, as the next two. */
  readonly sum?: string;
  /** Of numbers, dates and times: the least value as text, a datetimeoffset's in UTC. */
  readonly least?: string;
  readonly greatest?: string;
  /** Of what has no sum: one modulo 2^64 of a digest of each value (16 hexadecimal digits), which tells that the column differs. */
  readonly digest?: string;
}

/** Bytes of length before a value (MS-TDS 2.2.5.2): none, 1, 2, 4, 4 (behind a pointer on the wire), 8 (pieces on the wire). */
export type ValueFraming = 'fixed' | 'byteLength' | 'shortLength' | 'longLength' | 'textPointer' | 'plp';

/** An index of the source, that of the primary key among them; names are the source's own. */
export interface ManifestIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly clustered: boolean;
  readonly keyColumns: readonly string[];
  /** Absent where there are none. */
  readonly includedColumns?: readonly string[];
}

/** A foreign key of the source; names are the source's own. */
export interface ManifestForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedSchema: string;
  readonly referencedTable: string;
  /** In the order of `columns`. */
  readonly referencedColumns: readonly string[];
}

/** A part of a table that one statement read. */
export interface ManifestChunk {
  /** Number within the table, from 0; the first number of its parts. */
  readonly chunk: number;
  readonly rows: number;
  /** Sum modulo 2^128 of its objects' content hashes (32 hexadecimal digits), when the run took them. */
  readonly contentHash?: string;
  /** Least key of the chunk, as text, by column of the table's `chunkKey`; absent without a lower bound. */
  readonly lower?: readonly string[];
  /** Key the chunk ends before; absent without an upper bound. */
  readonly upper?: readonly string[];
  /** Whether the chunk is the rows whose first key column is NULL. */
  readonly nullKey?: boolean;
  /** Of the first key column, where it is a number, date or time: the least value there was. */
  readonly leastKey?: string;
  /** As `leastKey`: the greatest. */
  readonly greatestKey?: string;
  /** The source's clock (UTC, ISO 8601) when the transaction that read the chunk began to read; absent for a query. */
  readonly instant?: string;
  /** Taken before the chunk's first row was read, in its transaction where it has one; absent where no changes can follow. */
  readonly mark?: ChangeMark;
  /** How often the chunk was begun. */
  readonly attempts: number;
  /** Of the attempt that succeeded. */
  readonly seconds: number;
  /** Of these: how long the source took to count, and to aggregate. */
  readonly sourceSeconds?: number;
}

/** Values of a column that were landed otherwise than they are, because an option allows it: how many. */
export interface ManifestAlterations {
  readonly column: string;
  /** Halves of surrogate pairs, for each of which U+FFFD was landed. */
  readonly replacedSurrogates: number;
  /**
   * Byte sequences without a character in their code page, or that are not UTF-8, for each of which U+FFFD was landed; absent in
   * manifests of older versions.
   */
  readonly replacedSequences?: number;
  /** Values whose seventh decimal of the second was not 0 and was dropped. */
  readonly truncatedTimes: number;
}

/**
 * How far rows are proven: not at all, by their number, or by the aggregates of their columns too; `verifiedAsVisible` is the same
 * of those rows alone that the login sees, where others may be hidden from it.
 */
export type VerificationState = 'unverified' | 'counted' | 'verifiedAsVisible' | 'verified';

/** A column that was not compared: `nondeterministic`, `masked` or `encrypted`. */
export interface ManifestNotCompared {
  readonly column: string;
  readonly reason: string;
}

/** What was compared of a table with its source. */
export interface ManifestTableVerification {
  readonly state: VerificationState;
  /** Why it is not more. */
  readonly detail?: string;
  /** COUNT_BIG of the source, over all chunks. */
  readonly sourceRows?: number;
  /** COUNT_BIG of the whole table, in the one state of the database that all its chunks show; absent where they show several, or there is one chunk. */
  readonly tableRows?: number;
  /** Of how many columns each aggregate was compared; absent when the source was not asked. */
  readonly aggregates?: { readonly [aggregate: string]: number };
  /** Rows whose SHA2_256 was compared; absent when none was asked for, or rows could not be sampled. */
  readonly hashedRows?: number;
  /** Columns that could not be part of these hashes; absent where there are none. */
  readonly unhashedColumns?: readonly string[];
  /** Columns whose values the source does not repeat when it is asked again, so that nothing of them was compared; absent where there are none. */
  readonly notCompared?: readonly ManifestNotCompared[];
  /** How long the source took to count, and to aggregate, over all chunks. */
  readonly sourceSeconds?: number;
}

/** One table, or the result of a query. */
export interface ManifestTable {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /**
   * Stands before the names of the partition keys in the objects' keys, and before `run` in Glue, since a column has the name of
   * one: `landed_`, for example. Absent where none has.
   */
  readonly partitionPrefix?: string;
  /** What NULL is written as in CSV, where it is not what the manifest's `format` says: in a table of one column. */
  readonly nullText?: string;
  readonly columns: readonly ManifestColumn[];
  /** Columns of the source that were left out by choice. */
  readonly excludedColumns?: readonly string[];
  /** Columns of the source's catalog that are never read: internal ones of a graph, column sets, those a ledger keeps though dropped; absent without any. */
  readonly unreadColumns?: readonly string[];
  /** Whether it is a view of the source; absent for a table. */
  readonly view?: boolean;
  /** Absent in manifests of older versions, and of a query. */
  readonly identity?: TableIdentity;
  /** Of a table whose changes alone were read, in manifests of version 4; `rows` are then those of its `changes` files. */
  readonly changes?: ManifestChanges;
  /** Of a table that was read whole and whose changes can be learnt. */
  readonly base?: ManifestBase;
  /** What holds of this table's rows, where that is not what holds of the run's. */
  readonly guarantee?: string;
  /** Condition of the rows that were read; absent when all were. */
  readonly rowFilter?: string;
  readonly primaryKey?: readonly string[];
  /** Absent where there are none, in manifests of older versions, and of a query. */
  readonly indexes?: readonly ManifestIndex[];
  readonly foreignKeys?: readonly ManifestForeignKey[];
  /** Columns the chunks are cut by; absent when one statement read the table. */
  readonly chunkKey?: readonly string[];
  readonly chunks?: readonly ManifestChunk[];
  /** Hash of names and types of the columns: equal fingerprints, equal schema. */
  readonly schemaFingerprint: string;
  readonly rows: number;
  readonly sizeBytes: number;
  /** Absent in manifests of older versions. */
  readonly verification?: ManifestTableVerification;
  /** What was tallied of each column of the source, over all chunks; absent in manifests of older versions. */
  readonly tallies?: readonly ManifestTally[];
  /** Of the columns that have any; absent when everything was landed as it is. */
  readonly alterations?: readonly ManifestAlterations[];
  /** Rows that were not wholly read by the kernels, which is slower, by reason; absent when there are none. Says nothing of their values. */
  readonly rowsOffKernel?: { readonly [reason: string]: number };
  readonly objects: readonly ManifestObject[];
}
