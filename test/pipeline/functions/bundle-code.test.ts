import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { BundleCode } from '../../../src/pipeline/functions/bundle-code';

const RECORDER = path.resolve(__dirname, '..', '..', '..', 'assets', 'recorder');

function withFunction(scope: Construct, code: lambda.Code): Stack {
  const stack = new Stack(scope, 'Stack');
  new lambda.Function(stack, 'Function', { code, handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X });
  return stack;
}

/** What a stack of one function uploads, by its hash, and where the function takes it from. */
function read(stack: Stack, folder: string) {
  const [{ Properties, Metadata }] = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const manifest = JSON.parse(readFileSync(path.join(folder, `${stack.artifactId}.assets.json`), 'utf8')) as { files: { [hash: string]: any } };
  const [[hash, file], ...others] = Object.entries(manifest.files).filter(([, { source }]) => source.packaging === 'zip');
  expect(others).toEqual([]);
  return { hash, file, uploaded: path.resolve(folder, file.source.path), code: Properties.Code, metadata: Metadata };
}

function synthesised(code: lambda.Code, context?: { readonly [key: string]: unknown }) {
  const app = new App({ context });
  const stack = withFunction(app, code);
  return read(stack, app.synth().directory);
}

/** A value with the hash of the asset taken out. */
const withoutHash = (value: unknown, hash: string) => JSON.parse(JSON.stringify(value).replaceAll(hash, '<hash>')) as unknown;

const contents = (folder: string) => Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'latin1')]));

test('it is what lambda.Code.fromAsset makes of the folder, but for the hash: same place, same key, same upload', () => {
  const ours = synthesised(new BundleCode('recorder'));
  const theirs = synthesised(lambda.Code.fromAsset(RECORDER));
  const parts = ({ hash, code, file: { source, destinations } }: typeof ours) =>
    withoutHash({ code, source, destinations: Object.values(destinations) }, hash);
  expect(parts(ours)).toEqual(parts(theirs));
  expect(ours.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(contents(ours.uploaded)).toEqual(contents(RECORDER));
});

test('the hash is of what the files hold, and of the salt of the app', () => {
  const { hash } = synthesised(new BundleCode('recorder'));
  expect(synthesised(new BundleCode('recorder')).hash).toBe(hash);
  expect(synthesised(new BundleCode('replay')).hash).not.toBe(hash);
  const salted = synthesised(new BundleCode('recorder'), { '@aws-cdk/core:assetHashSalt': 'salt' });
  expect(salted.hash).not.toBe(hash);
});

test('in a stage the upload is found from the assembly of the stage', () => {
  const app = new App();
  const stack = withFunction(new Stage(app, 'Production'), new BundleCode('recorder'));
  const { uploaded } = read(stack, app.synth().getNestedAssembly('assembly-Production').directory);
  expect(path.dirname(uploaded)).toBe(app.outdir);
  expect(contents(uploaded)).toEqual(contents(RECORDER));
});

test('where staging is turned off nothing is copied', () => {
  const { uploaded } = synthesised(new BundleCode('recorder'), { 'aws:cdk:disable-asset-staging': true });
  expect(uploaded).toBe(RECORDER);
});

test('a stack outside an app is refused', () => {
  expect(() => withFunction(new Construct(undefined as any, ''), new BundleCode('recorder'))).toThrow(/must be in an App or a Stage/);
});

test('tools that run functions locally are told where the code is, when they ask', () => {
  const context = { 'aws:cdk:enable-asset-metadata': true };
  const ours = synthesised(new BundleCode('recorder'), context);
  const theirs = synthesised(lambda.Code.fromAsset(RECORDER), context);
  expect(withoutHash(ours.metadata, ours.hash)).toEqual(withoutHash(theirs.metadata, theirs.hash));
  expect(ours.metadata['aws:asset:path']).toMatch(/^asset\.[0-9a-f]{64}$/);
  expect(synthesised(new BundleCode('recorder')).metadata).toBeUndefined();
});
