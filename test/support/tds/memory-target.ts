import { createHash } from 'node:crypto';
import { LandedObject, ObjectWriter } from '../../../src/extractor/landing/target/landing-target';

/** Objects in memory, with what was done to them. */
export class MemoryTarget {
  public readonly completed: Buffer[] = [];
  public opened = 0;
  public aborted = 0;

  /** @param pause makes every write wait that long to resolve, to test back-pressure */
  public constructor(private readonly pause?: () => Promise<void>) {}

  public readonly open = (): ObjectWriter => {
    this.opened += 1;
    const parts: Buffer[] = [];
    return {
      write: (bytes) => {
        parts.push(Buffer.from(bytes));
        return this.pause?.();
      },
      complete: async () => {
        const object = Buffer.concat(parts);
        this.completed.push(object);
        return landed(`object-${this.completed.length - 1}`, object);
      },
      abort: async () => {
        this.aborted += 1;
      },
    };
  };
}

function landed(key: string, object: Buffer): LandedObject {
  const value = createHash('sha256').update(object).digest('base64');
  return { key, sizeBytes: object.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value } };
}
