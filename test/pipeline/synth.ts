import { App, Stack, StackProps } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../src/pipeline';

/** A resource as a template has it. */
export interface Resource {
  readonly Type: string;
  readonly Properties: { readonly [name: string]: any };
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Synthesised<T> {
  readonly app: App;
  readonly stack: Stack;
  readonly made: T;
  readonly template: Template;
}

/** Props, or what makes them of resources in the stack. */
export type Given<P> = P | ((stack: Stack) => P);

/** The props for a stack. */
export function given<P extends object | undefined>(props: Given<P>, stack: Stack): P {
  return typeof props === 'function' ? props(stack) : props;
}

/** The bucket `landing` and the table `metadata`, both imported, so that a template has only what a test is about. */
export function importedParts(stack: Stack): { readonly bucket: s3.IBucket; readonly table: dynamodb.ITable } {
  return { bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'landing'), table: dynamodb.Table.fromTableName(stack, 'Table', 'metadata') };
}

/** A stack with what `make` makes in it, and its template. */
export function synth<T>(make: (stack: Stack) => T, props?: StackProps): Synthesised<T> {
  const app = new App();
  const stack = new Stack(app, 'Stack', props);
  const made = make(stack);
  return { app, stack, made, template: Template.fromStack(stack) };
}

/** A stack with one pipeline `Ledger`. */
export function synthPipeline(props?: Given<LegacyToS3PipelineProps | undefined>): Synthesised<LegacyToS3Pipeline> {
  return synth((stack) => new LegacyToS3Pipeline(stack, 'Ledger', given(props, stack)));
}

/** What building a construct in an empty stack throws. */
export function failureOf(make: (stack: Stack) => unknown): string {
  try {
    make(new Stack(new App(), 'Stack'));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected the construct to refuse its input');
}

/** The only resource of a type, or the only one whose logical id begins with `prefix`. */
export function only(template: Template, type: string, prefix: string = ''): Resource {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith(prefix));
  if (found.length !== 1) throw new Error(`expected one ${type} '${prefix}*', found ${found.map(([id]) => id).join(', ') || 'none'}`);
  return found[0][1] as Resource;
}

/** Every statement of the policies attached to the roles whose logical id begins with `prefix`. */
export function statements(template: Template, prefix: string): any[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(prefix))
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement);
}

/** The ARN of a resource whose logical id begins with `prefix`, as a template refers to it, for `expect`. */
export function arnOf(prefix: string): object {
  return { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${prefix}`)), 'Arn'] };
}

/** The same for the assertions of a `Template`, which do not know the matchers of `expect`. */
export function arnMatch(prefix: string): object {
  return { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${prefix}`), 'Arn'] };
}

/** The ARN of a bucket known by its name, or of objects in it, as a template puts it together. */
export function s3Arn(rest: string): object {
  return { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${rest}`]] };
}
