import { FIRST_PART_BYTES, MAX_OBJECT_BYTES, MAX_PARTS, partBytes } from '../../../../src/extractor/landing/s3/multipart-upload';

describe('partBytes', () => {
  const sizes = Array.from({ length: MAX_PARTS }, (_, index) => partBytes(index));

  test('10,000 parts hold the largest object', () => {
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(MAX_OBJECT_BYTES);
  });

  test('each is within S3\'s limits of 5 MiB to 5 GiB, and none smaller than the one before', () => {
    sizes.forEach((size, index) => {
      expect(size).toBeGreaterThanOrEqual(5 * 2 ** 20);
      expect(size).toBeLessThanOrEqual(5 * 2 ** 30);
      expect(size).toBeGreaterThanOrEqual(sizes[Math.max(0, index - 1)]);
    });
  });

  test('objects of the default file size need the smallest parts only', () => {
    expect(partBytes(256 * 2 ** 20 / FIRST_PART_BYTES)).toBe(FIRST_PART_BYTES);
  });
});
