import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { BundleCode } from '../../src/pipeline/bundle-code';

const RECORDER = path.resolve(__dirname, '..', '..', 'assets', 'recorder');

/** A stack with a function of the code, synthesised. */
function synthesised(code: lambda.Code, context?: { readonly [key: string]: unknown }) {
  const app = new App({ context });
  const stack = new Stack(app, 'Stack');
  new lambda.Function(stack, 'Function', { code, handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X });
  const folder = app.synth().directory;
  const [{ Properties, Metadata }] = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const manifest = JSON.parse(readFileSync(path.join(folder, 'Stack.assets.json'), 'utf8')) as { files: { [hash: string]: any } };
  const files = Object.values(manifest.files).filter(({ source }) => source.packaging === 'zip');
  return { folder, code: Properties.Code, metadata: Metadata, files };
}

test('it is what lambda.Code.fromAsset makes of the folder: same place, same key, same upload', () => {
  const ours = synthesised(new BundleCode('recorder'));
  const theirs = synthesised(lambda.Code.fromAsset(RECORDER));
  expect(ours.code).toEqual(theirs.code);
  const placed = (made: typeof ours) => made.files.map(({ source, destinations }) => [source, destinations]);
  expect(placed(ours)).toEqual(placed(theirs));
  expect(existsSync(path.join(ours.folder, ours.files[0].source.path, 'index.js'))).toBe(true);
});

test('tools that run functions locally are told where the code is, when they ask', () => {
  const context = { 'aws:cdk:enable-asset-metadata': true };
  const ours = synthesised(new BundleCode('recorder'), context);
  expect(ours.metadata).toEqual(synthesised(lambda.Code.fromAsset(RECORDER), context).metadata);
  expect(ours.metadata['aws:asset:path']).toMatch(/^asset\.[0-9a-f]{64}$/);
  expect(synthesised(new BundleCode('recorder')).metadata).toBeUndefined();
});
