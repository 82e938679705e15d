/** A file that the loader fetches. */
export interface LoadedFile {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  /** Of its bytes, as hexadecimal digits. */
  readonly sha256: string;
}

/** Environment variable with the files, as JSON (`LoadedFile[]`); the first is the program. */
export const LOADER_FILES = 'EXTRACTION_LOADER_FILES';

/**
 * What a task's Node.js runs (`node -e`): it fetches the program with the SDK that Lambda's images have, refuses files of other bytes than
 * those of the deployment, and begins the task. It has no syntax that depends on a version of Node.js.
 */
export const TASK_LOADER = `
const { createHash } = require('node:crypto');
const { mkdtempSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { GetObjectCommand, S3Client } = require('@aws-sdk/client-s3');
async function load() {
  const s3 = new S3Client({ maxAttempts: 5 });
  const folder = mkdtempSync(join(tmpdir(), 'worker-'));
  const files = JSON.parse(process.env.${LOADER_FILES});
  for (const { name, bucket, key, sha256 } of files) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const bytes = Buffer.from(await Body.transformToByteArray());
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw new Error('s3://' + bucket + '/' + key + ' has the SHA-256 ' + found + ', deployed was ' + sha256);
    writeFileSync(join(folder, name), bytes);
  }
  s3.destroy();
  return require(join(folder, files[0].name)).task();
}
load().catch((error) => {
  console.error(JSON.stringify({ level: 'ERROR', message: 'cannot load the worker: ' + error.message }));
  process.exit(1);
});
`;
