import { Crc64NvmeJs } from '@aws-sdk/checksums/crc';
import * as fc from 'fast-check';
import { concatCrc64Nvme } from '../../../src/extractor/landing/s3/crc64-nvme';

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
