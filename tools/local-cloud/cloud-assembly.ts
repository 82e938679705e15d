import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zipFolder } from './zip';

/** A CloudFormation template; only what is looked at here has a type. */
export interface Template {
  readonly Parameters?: { readonly [name: string]: TemplateParameter };
  readonly Resources: { readonly [logicalId: string]: TemplateResource };
  readonly Outputs?: { readonly [name: string]: unknown };
  readonly [section: string]: unknown;
}

/** A parameter of a template. */
export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: string;
}

/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
  readonly [attribute: string]: unknown;
}

/** A file the stack's template refers to by bucket and key. */
export interface FileAsset {
  /** Placeholders `${AWS::AccountId}` and `${AWS::Region}` unresolved. */
  readonly bucketName: string;
  readonly objectKey: string;
  /** The bytes to upload: the file, or the folder as a zip archive. */
  read(): Buffer;
}

/** One stack of a cloud assembly. */
export interface AssemblyStack {
  readonly name: string;
  readonly template: Template;
  readonly assets: readonly FileAsset[];
}

interface AssetManifest {
  readonly files?: {
    readonly [id: string]: {
      readonly source: { readonly path: string; readonly packaging: 'file' | 'zip' };
      readonly destinations: { readonly [id: string]: { readonly bucketName: string; readonly objectKey: string } };
    };
  };
}

/**
 * Reads one stack of a CDK cloud assembly (a `cdk.out` folder).
 *
 * @param stackName needed when the assembly has several
 * @throws Error when the folder is no assembly, or the stack is not in it
 */
export function readAssemblyStack(folder: string, stackName?: string): AssemblyStack {
  if (!existsSync(path.join(folder, 'manifest.json'))) throw new Error(`${folder} is no cloud assembly: it has no manifest.json`);
  const names = readdirSync(folder).filter((file) => file.endsWith('.template.json')).map((file) => file.slice(0, -'.template.json'.length));
  const name = stackName ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || !names.includes(name)) {
    throw new Error(`stack '${stackName ?? ''}' is not in ${folder}, which has ${names.join(', ') || 'none'}`);
  }
  const template = readJson(path.join(folder, `${name}.template.json`)) as Template;
  const manifestFile = path.join(folder, `${name}.assets.json`);
  const manifest = existsSync(manifestFile) ? readJson(manifestFile) as AssetManifest : {};
  const assets = Object.values(manifest.files ?? {}).flatMap(({ source, destinations }) => {
    const file = path.resolve(folder, source.path);
    return Object.values(destinations).map(({ bucketName, objectKey }) => ({
      bucketName,
      objectKey,
      read: () => (source.packaging === 'zip' ? zipFolder(file) : readFileSync(file)),
    }));
  });
  return { name, template, assets };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
