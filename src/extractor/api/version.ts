/** Version of the package; the bundles have it written in. */
export const PACKAGE_VERSION: string = process.env.CDK_LEGACY_TO_S3_VERSION ?? '0.0.0';

/** Name of the package, as manifests state it. */
export const PACKAGE_NAME = 'cdk-legacy-to-s3';
