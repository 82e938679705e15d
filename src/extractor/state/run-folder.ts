/** Where all that is kept of a run is. */
export const folderOf = (runId: string) => `run=${runId}/`;
