import { CfnOutput, Names, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** An output of a stack: what its logical id ends with, and what it is. */
export interface NamedOutput {
  readonly suffix: string;
  /** Undefined: there is no such output. */
  readonly value?: string;
  readonly description: string;
}

/** Puts values into the outputs of a construct's stack, under logical ids that a program can find: its name, then the suffix. */
export function addNamedOutputs(construct: Construct, outputs: readonly NamedOutput[]): void {
  const scope = new Construct(construct, 'Outputs');
  const name = nameInStack(construct);
  for (const { suffix, value, description } of outputs) {
    if (value !== undefined) new CfnOutput(scope, suffix, { value, description }).overrideLogicalId(`${name}${suffix}`);
  }
}

/** The id alone where it says all; with the path's hash where another path could give the same text. */
function nameInStack(construct: Construct): string {
  const plain = construct.node.scope === Stack.of(construct) && /^[A-Za-z0-9]+$/.test(construct.node.id);
  return plain ? construct.node.id : Names.uniqueResourceName(construct, { maxLength: 200 });
}
