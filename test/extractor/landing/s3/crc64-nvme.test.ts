import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Crc64NvmeJs } from '@aws-sdk/checksums/crc';
import * as fc from 'fast-check';
import { CRC64_KERNEL } from '../../../../src/extractor/landing/s3/crc64-kernel.wasm';
import { concatCrc64Nvme, crc64Nvme } from '../../../../src/extractor/landing/s3/crc64-nvme';

async function crcOf(bytes: Uint8Array): Promise<bigint> {
  const crc = new Crc64NvmeJs();
  crc.update(bytes);
  return Buffer.from(await crc.digest()).readBigUInt64BE();
}

test('the CRC of two runs of bytes follows from their own', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.uint8Array({ maxLength: 2000 }), async (first, second) => {
    const whole = await crcOf(Buffer.concat([first, second]));
    return concatCrc64Nvme(await crcOf(first), await crcOf(second), second.length) === whole;
  }), { numRuns: 300 });
});

test('the kernel has the CRC that the AWS SDK has', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => (
    crc64Nvme(bytes).readBigUInt64BE() === await crcOf(bytes)
  )), { numRuns: 300 });
  const large = Buffer.alloc(200_003, 'ledger');
  expect(crc64Nvme(large).readBigUInt64BE()).toBe(await crcOf(large));
  // The check value of the NVM Express specification for this CRC.
  expect(crc64Nvme(Buffer.from('123456789')).toString('hex')).toBe('ae8b14860a799888');
});

test('the committed kernel is what its source compiles to', () => {
  const script = join(__dirname, '../../../../tools/build/kernels.js');
  expect(execFileSync(process.execPath, [script, '--print', 'crc64-kernel'], { encoding: 'utf8' }).trim()).toBe(CRC64_KERNEL);
});
