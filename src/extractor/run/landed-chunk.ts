import type { ManifestAlterations, ManifestColumn, ManifestObject } from '../../contract';

/** A chunk that is landed and checked: what the manifest and the checkpoint keep of it. */
export interface LandedChunk {
  /** Of the table in the plan. */
  readonly tableIndex: number;
  readonly chunk: number;
  readonly columns: readonly ManifestColumn[];
  readonly rows: number;
  /** COUNT_BIG of the source, in digits; absent when it was not asked. */
  readonly sourceRows?: string;
  readonly wireBytes: number;
  readonly objects: readonly ManifestObject[];
  /** Of the columns that have any; absent when there are none. */
  readonly alterations?: readonly ManifestAlterations[];
  /** The source's clock when the transaction began to read (ISO 8601, UTC); absent for a query. */
  readonly instant?: string;
  readonly attempts: number;
  /** Of the attempt that succeeded. */
  readonly seconds: number;
}
