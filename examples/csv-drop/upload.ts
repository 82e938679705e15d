/** Uploads files into the pipeline's bucket, one a second: `npx tsx upload.ts accounts.csv …` */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

async function main(files: readonly string[]): Promise<void> {
  if (files.length === 0) throw new Error('name the files to upload');
  const { Stacks: [stack] = [] } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName: 'CsvDrop' }));
  const bucket = stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'InboxBucketName')?.OutputValue;
  const s3 = new S3Client();
  for (const file of files) {
    const key = `incoming/${new Date().toISOString().replace(/\D/g, '')}-${basename(file)}`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: readFileSync(file), ContentType: 'text/csv' }));
    console.log(`s3://${bucket}/${key}`);
    await setTimeout(1000);
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
