import { allTypesStatements } from './all-types';
import { DataSetSize, fillStatements } from './rows';
import { SCHEMA } from './schema';
import { DatabaseEngine } from '../engine/database-engine';
import { internalSession } from '../session/internal-session';

/** Name of the database the data set is in. */
export const DATABASE_NAME = 'LegacyLedger';

/** Makes database LegacyLedger with its tables and rows. */
export async function createDataSet(engine: DatabaseEngine, size: DataSetSize): Promise<void> {
  const database = await engine.createDatabase(DATABASE_NAME);
  const session = await internalSession(engine, database);
  try {
    for (const statement of [...SCHEMA, ...allTypesStatements()]) {
      await session.execute(statement);
    }
    for (const statement of fillStatements(size)) {
      await session.connection.run(statement);
    }
    await session.connection.run(`CREATE OR REPLACE SEQUENCE "${DATABASE_NAME}".dbo."identity_Customers" START 1000001`);
  } finally {
    session.close();
  }
}
