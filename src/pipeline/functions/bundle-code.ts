import { createHash } from 'crypto';
import { cpSync, existsSync, readFileSync, readdirSync } from 'fs';
import * as path from 'path';
import { CfnResource, FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as cxapi from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { invalidInput } from '../checks/validation';

/** The bundles made when the package was built; from `src` and from `lib` it is the same folder. */
const ASSETS = path.join(__dirname, '..', '..', '..', 'assets');

/** Text of the consumer's that goes into the hash of each asset (aws-cdk-lib, `AssetStaging`). */
const ASSET_SALT_CONTEXT = '@aws-cdk/core:assetHashSalt';

/**
 * A function's bundle as a file asset. `lambda.Code.fromAsset` would do, but it imports the asset's bucket, for which
 * aws-cdk-lib loads its facts on all regions, and `AssetStaging` loads what only patterns of files to leave out need:
 * together a quarter of what a pipeline adds to a synth.
 */
export class BundleCode extends lambda.Code {
  public readonly isInline = false;
  private stagedPath?: string;

  /** @param bundle name of the folder, which holds files only */
  constructor(private readonly bundle: string) {
    super();
  }

  public bind(scope: Construct): lambda.CodeConfig {
    const source = path.join(ASSETS, this.bundle);
    const sourceHash = hashOf(source, scope.node.tryGetContext(ASSET_SALT_CONTEXT));
    this.stagedPath = stage(scope, source, sourceHash);
    const { bucketName, objectKey } = Stack.of(scope).synthesizer.addFileAsset({
      packaging: FileAssetPackaging.ZIP_DIRECTORY, fileName: this.stagedPath, sourceHash, deployTime: true,
    });
    return { s3Location: { bucketName, objectKey } };
  }

  /** Where tools that run functions locally look for the code (AWS SAM, "CDK metadata"). */
  public bindToResource(resource: CfnResource, { resourceProperty = 'Code' }: lambda.ResourceBindOptions = {}): void {
    if (!this.stagedPath || !resource.node.tryGetContext(cxapi.ASSET_RESOURCE_METADATA_ENABLED_CONTEXT)) return;
    resource.addMetadata(cxapi.ASSET_RESOURCE_METADATA_PATH_KEY, this.stagedPath);
    resource.addMetadata(cxapi.ASSET_RESOURCE_METADATA_IS_BUNDLED_KEY, false);
    resource.addMetadata(cxapi.ASSET_RESOURCE_METADATA_PROPERTY_KEY, resourceProperty);
  }
}

/** A file of a bundle as an asset of its own. */
export interface BundleFile {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  /** Of its bytes, as hexadecimal digits. */
  readonly sha256: string;
}

/**
 * The files of a bundle that run, each as an asset: what fetches them can check their bytes, while those of an archive are known to who
 * makes it, at deployment.
 *
 * @param bundle name of the folder
 * @returns `index.js` first
 */
export function bundleFiles(scope: Construct, bundle: string): BundleFile[] {
  const source = path.join(ASSETS, bundle);
  const salt = scope.node.tryGetContext(ASSET_SALT_CONTEXT);
  const staged = stage(scope, source, hashOf(source, salt));
  return readdirSync(source).filter((name) => /\.(js|wasm)$/.test(name)).sort().map((name) => {
    const sha256 = createHash('sha256').update(readFileSync(path.join(source, name))).digest('hex');
    const sourceHash = createHash('sha256').update(sha256).update(String(salt ?? '')).digest('hex');
    const { bucketName, objectKey } = Stack.of(scope).synthesizer.addFileAsset({
      packaging: FileAssetPackaging.FILE, fileName: path.join(staged, name), sourceHash,
    });
    return { name, bucket: bucketName, key: objectKey, sha256 };
  });
}

/** Hash of a folder's files, their names and the salt. */
function hashOf(folder: string, salt: unknown): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) {
    const content = readFileSync(path.join(folder, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.update(String(salt ?? '')).digest('hex');
}

/** Copies a folder into the cloud assembly, once. What is returned is relative to the assembly of the stage. */
function stage(scope: Construct, source: string, hash: string): string {
  if (scope.node.tryGetContext(cxapi.DISABLE_ASSET_STAGING_CONTEXT)) return source;
  const assembly = Stage.of(scope);
  if (!assembly) throw invalidInput(scope, 'the stack must be in an App or a Stage, which says where the code of its functions goes');
  const target = path.join(assembly.assetOutdir, `asset.${hash}`);
  if (!existsSync(target)) cpSync(source, target, { recursive: true });
  return path.relative(assembly.outdir, target);
}
