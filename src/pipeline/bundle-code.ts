import * as path from 'path';
import { AssetStaging, CfnResource, FileAssetPackaging, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as cxapi from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';

/** The bundles made when the package was built; from `src` and from `lib` it is the same folder. */
const ASSETS = path.join(__dirname, '..', '..', 'assets');

/**
 * A function's bundle as a file asset. `lambda.Code.fromAsset` would do, but it imports the asset's bucket, for which
 * aws-cdk-lib loads its facts on all regions: a fifth of what a pipeline adds to a synth.
 */
export class BundleCode extends lambda.Code {
  public readonly isInline = false;
  private staged?: { readonly relativePath: string };

  /** @param bundle name of the folder */
  constructor(private readonly bundle: string) {
    super();
  }

  public bind(scope: Construct): lambda.CodeConfig {
    const stack = Stack.of(scope);
    const staging = new AssetStaging(new Construct(scope, 'Code'), 'Stage', { sourcePath: path.join(ASSETS, this.bundle) });
    const relativePath = staging.relativeStagedPath(stack);
    const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
      packaging: FileAssetPackaging.ZIP_DIRECTORY, fileName: relativePath, sourceHash: staging.assetHash, deployTime: true,
    });
    this.staged = { relativePath };
    return { s3Location: { bucketName, objectKey } };
  }

  /** Where tools that run functions locally look for the code (AWS SAM, "CDK metadata"). */
  public bindToResource(resource: CfnResource, { resourceProperty = 'Code' }: lambda.ResourceBindOptions = {}): void {
    if (!this.staged || !resource.node.tryGetContext(cxapi.ASSET_RESOURCE_METADATA_ENABLED_CONTEXT)) return;
    resource.addMetadata(cxapi.ASSET_RESOURCE_METADATA_PATH_KEY, this.staged.relativePath);
    resource.addMetadata(cxapi.ASSET_RESOURCE_METADATA_IS_BUNDLED_KEY, false);
    resource.addMetadata(cxapi.ASSET_RESOURCE_METADATA_PROPERTY_KEY, resourceProperty);
  }
}
