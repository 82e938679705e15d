import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Assembly {
  readonly types: { readonly [name: string]: { readonly properties?: ReadonlyArray<{ readonly name: string }> } };
}

/** The names of an interface's own properties, as the compiled library declares them. */
export function propertiesOf(type: string): string[] {
  const { types } = JSON.parse(readFileSync(join(__dirname, '../../../.jsii'), 'utf8')) as Assembly;
  const declared = types[`cdk-legacy-to-s3.${type}`];
  if (!declared) throw new Error(`the library declares no ${type}`);
  return (declared.properties ?? []).map(({ name }) => name);
}
