import { encodeKeySegment } from '../../contract';

/** Where all that is kept of a run is. */
export const folderOf = (runId: string) => `run=${runId}/`;

/** Where what outlives the runs of an extraction is kept. */
export const extractionFolder = (extraction: string) => `extraction=${encodeKeySegment(extraction)}/`;

/** Where the chain of runs of changes of a database is kept. @param chain its key: server and database */
export const chainFolder = (chain: string) => `changes=${encodeKeySegment(chain)}/`;
