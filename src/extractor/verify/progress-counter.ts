import type { CheckedObject } from './objects/check-object';
import type { Manifest, ManifestObject } from '../../contract';
import type { VerificationProgress, VerifyControls } from '../api/controls';

/** Least time between two reports within objects (ms). */
const INTERVAL_MS = 200;

/** Counts what was read back, of objects that are still being read too. */
export class ProgressCounter {
  private objects = 0;
  private rows = 0;
  private sizeBytes = 0;
  /** Of objects being read. */
  private readonly reading = new Map<ManifestObject, { rows: number; bytes: number }>();
  private told = performance.now();

  public constructor(private readonly totals: Manifest['totals'], private readonly controls: VerifyControls) {}

  /** Of the objects that were read whole. */
  public get counts(): { readonly objects: number; readonly rows: number; readonly sizeBytes: number } {
    const { objects, rows, sizeBytes } = this;
    return { objects, rows, sizeBytes };
  }

  /** More of an object was read. */
  public readonly more = (object: ManifestObject, { rows, bytes }: { readonly rows: number; readonly bytes: number }) => {
    const so = this.reading.get(object) ?? { rows: 0, bytes: 0 };
    this.reading.set(object, { rows: so.rows + rows, bytes: Math.min(object.sizeBytes, so.bytes + bytes) });
    if (!this.controls.onProgress || performance.now() - this.told < INTERVAL_MS) return;
    this.told = performance.now();
    this.controls.onProgress(this.progress());
  };

  /** An object was read whole. */
  public done(object: ManifestObject, checked: CheckedObject): void {
    this.reading.delete(object);
    this.objects += 1;
    this.rows += checked.rows;
    this.sizeBytes += checked.sizeBytes;
    const progress = this.progress();
    this.controls.onObject?.(progress);
    this.controls.onProgress?.(progress);
  }

  private progress(): VerificationProgress {
    let { rows, sizeBytes } = this;
    for (const of of this.reading.values()) {
      rows += of.rows;
      sizeBytes += of.bytes;
    }
    const { objects: totalObjects, rows: totalRows, sizeBytes: totalBytes } = this.totals;
    return { objects: this.objects, totalObjects, rows, totalRows, sizeBytes, totalBytes };
  }
}
