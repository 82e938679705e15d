/** What is hashed of values where manifests of different age differ. */
export interface ValueRules {
  /**
   * Whether decimals are padded to 17 bytes whatever their digits, as they are in a manifest without `contentHashVersion`
   * whose server announced that length.
   */
  readonly wideDecimals?: boolean;
}
