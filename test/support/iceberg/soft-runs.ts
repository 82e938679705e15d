import { pathToFileURL } from 'node:url';
import { sync } from '../../../src/extractor/doors/public';
import type { Lake } from '../../../tools/lake/lake';
import type { StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../source/stand-in-client';

/** Names in the catalog of tables that keep what was deleted, by how their rows are deleted. */
export const FADING = { equality: 'legacyledger_dbo_fading', position: 'legacyledger_dbo_placed' } as const;

/** Their rows, and whether each is deleted. */
export const FADED = [['1', 'a', true], ['2', 'back', false], ['3', null, true], ['4', null, false], ['30', null, false]] as const;

/** Syncs two tables of the stand-in that rows are deleted from, and applies what landed, deleted rows kept. @returns between which times they were (ms) */
export async function applySoftRuns(lake: Lake, folder: string, server: StandIn): Promise<readonly [number, number]> {
  const client = await connectClient(server);
  const onBoth = async (sql: string) => { for (const name of ['Fading', 'Placed']) await client.batch(sql.replaceAll('?', `dbo.${name}`)); };
  await client.batch(`ALTER DATABASE [${server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
  await onBoth("CREATE TABLE ? (Id int NOT NULL PRIMARY KEY, V nvarchar(20) NULL); ALTER TABLE ? ENABLE CHANGE_TRACKING; INSERT INTO ? VALUES (1, N'a'), (2, N'b'), (3, NULL), (4, NULL)");
  const follow = async () => {
    const { run } = await sync({ source: sourceOf(server), target: pathToFileURL(folder).href, tables: ['Fading', 'Placed'], readers: 1, threads: 0 });
    const manifest = lake.manifest(run!.manifestKey);
    for (const table of manifest.tables) {
      const options = { softDeletes: true, deletes: table.table === 'Placed' ? 'position' : 'equality' } as const;
      await lake.commit(run!.manifestKey, options, { ...manifest, tables: [table] });
    }
  };
  await follow();
  const begun = Date.now();
  await onBoth('DELETE FROM ? WHERE Id IN (1, 2); UPDATE ? SET Id = 30 WHERE Id = 3');
  await follow();
  await onBoth("INSERT INTO ? VALUES (2, N'back')");
  await follow();
  await client.close();
  return [begun, Date.now()];
}
