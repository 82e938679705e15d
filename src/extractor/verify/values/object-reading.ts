/** What is hashed of values where manifests of different age differ. */
export interface ValueRules {
  /**
   * Whether decimals are padded to 17 bytes whatever their digits, as they are in a manifest without `contentHashVersion`
   * whose server announced that length.
   */
  readonly wideDecimals?: boolean;
}

/** How an object is read. */
export interface ObjectReading extends ValueRules {
  /** Told now and then of rows and bytes of the object since the last time. */
  readonly onProgress?: (progress: { readonly rows: number; readonly bytes: number }) => void;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Whether it is read value by value, by the reference of the kernel; else that is for what the kernel leaves. */
  readonly byValue?: boolean;
  /** Where the object is a file of this machine; the body is not read then where the format is read from its end. */
  readonly path?: string;
}
