import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Extraction, ExtractionProps, ExtractionSource, ILegacyToS3Pipeline, LegacyToS3Pipeline } from '../../../src/pipeline';
import { Given, given, only, Resource, synth, Synthesised } from '../synth';

/** A pipeline that is there already, so that a template has only what is an extraction's. */
export function pipelineOf(stack: Stack, landingPrefix: string | undefined = 'landing/', id = 'Ledger', dashboard?: cloudwatch.Dashboard): ILegacyToS3Pipeline {
  return LegacyToS3Pipeline.fromPipelineAttributes(stack, id, {
    pipelineName: 'ledger',
    bucket: s3.Bucket.fromBucketName(stack, `${id}Bucket`, 'landing'),
    metadataTable: dynamodb.Table.fromTableName(stack, `${id}Table`, 'records'),
    landingPrefix,
    dashboard,
  });
}

/** Where the password is; its ARN is known. */
export function secretOf(stack: Stack, id = 'Password'): secretsmanager.ISecret {
  return secretsmanager.Secret.fromSecretCompleteArn(stack, id, `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${id}-AbCdEf`);
}

/** The least that a source must say. */
export function sourceOf(stack: Stack, secret = 'Password'): ExtractionSource {
  return { server: 'sql.corp.example', database: 'Ledger', user: 'reader', secret: secretOf(stack, secret) };
}

/** An extraction `Nightly` in a stack. */
export function make(stack: Stack, { pipeline = pipelineOf(stack), source = sourceOf(stack), ...rest }: Partial<ExtractionProps> = {}): Extraction {
  return new Extraction(stack, 'Nightly', { pipeline, source, ...rest });
}

/** A template with one extraction. */
export function synthExtraction(props: Given<Partial<ExtractionProps>> = {}): Synthesised<Extraction> {
  return synth((stack) => make(stack, given(props, stack)));
}

/** Environment variables of the function `Control` or `Worker`. */
export function environmentOf({ template }: Pick<Synthesised<unknown>, 'template'>, which: 'Control' | 'Worker' = 'Worker'): { readonly [name: string]: any } {
  return only(template, 'AWS::Lambda::Function', `Nightly${which}`).Properties.Environment.Variables;
}

/** The state machine's definition, with what only deployment knows as `<logical id>`. */
export function definitionIn({ template }: Pick<Synthesised<unknown>, 'template'>): any {
  const machine: Resource = only(template, 'AWS::StepFunctions::StateMachine');
  const parts: unknown[] = machine.Properties.DefinitionString['Fn::Join'][1];
  const named = (part: any) => part.Ref ?? part['Fn::GetAtt'][0];
  return JSON.parse(parts.map((part) => typeof part === 'string' ? part : `<${named(part)}>`).join(''));
}
