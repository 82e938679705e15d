/** Runs seed.sql or another script, batch by batch, on the server that the environment names: what sqlcmd does in docker-compose.yml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'mssql';

async function main(script: string): Promise<void> {
  const { SQL_SERVER: server = 'localhost', SQL_PORT: port = '1433', SQL_USER: user = 'sa', SQL_CA_FILE: caFile, LEGACY_TO_S3_PASSWORD: password } = process.env;
  const pool = await connect({
    server,
    port: Number(port),
    user,
    password,
    // One connection, since USE holds for a connection.
    pool: { max: 1 },
    options: { encrypt: true, trustServerCertificate: caFile === undefined, ...caFile && { cryptoCredentialsDetails: { ca: readFileSync(caFile) } } },
  });
  try {
    const batches = readFileSync(join(__dirname, script), 'utf8').split(/^GO\s*$/m).filter((batch) => batch.trim() !== '');
    for (const batch of batches) await pool.request().batch(batch);
    console.log(`ran ${script} on FinanceLegacy, ${batches.length} batches`);
  } finally {
    await pool.close();
  }
}

main(process.argv[2] ?? 'seed.sql').catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
