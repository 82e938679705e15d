import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { synth } from './synth';

/** One prop: what it is when it is not set, a value of one's own, and what the template has only with the latter. */
export interface PropCase<P, K extends keyof P> {
  /** The default given by hand; left out where the default is that there is none. */
  readonly byDefault?: P[K];
  /** The value, and the props it needs beside it. */
  readonly own: (stack: Stack) => Required<Pick<P, K>> & Partial<P>;
  /** What is so with the value alone; `path: value` of a resource, ids without hashes. */
  readonly shows?: RegExp;
  /** What is so without the value, and nowhere with it. */
  readonly hides?: RegExp;
}

/** Every prop of a construct: a new one without a case does not compile. */
export type PropCases<P> = { readonly [K in keyof Required<P>]: PropCase<P, K> };

/** Tests that each prop's default by hand changes nothing, and that a value of one's own is taken. */
export function testProps<P>(cases: PropCases<P>, make: (stack: Stack, props: Partial<P>) => unknown): void {
  const templateOf = (props: (stack: Stack) => Partial<P>) => lines(synth((stack) => make(stack, props(stack))).template);
  const usual = templateOf(() => ({}));
  const all = Object.entries(cases) as [keyof P & string, PropCase<P, keyof P>][];

  for (const [name, { byDefault }] of all.filter(([, each]) => 'byDefault' in each)) {
    test(`${name}: its default by hand changes nothing`, () => {
      const given = templateOf(() => ({ [name]: byDefault } as Partial<P>));
      expect([without(given, usual), without(usual, given)]).toEqual([[], []]);
    });
  }

  test.each(all)('%s: a value of one\'s own is taken', (_name, { own, shows, hides }) => {
    expect(shows ?? hides).toBeDefined();
    const given = templateOf(own);
    if (shows) expect(without(given, usual).filter((line) => shows.test(line))).not.toEqual([]);
    if (!hides) return;
    expect([...usual].some((line) => hides.test(line))).toBe(true);
    expect([...given].filter((line) => hides.test(line))).toEqual([]);
  });
}

/** What a template has, a line each: `id/path: value`, ids without their hashes; a text put together of parts is one value. */
function lines(template: Template): ReadonlySet<string> {
  const { Resources, Outputs = {} } = template.toJSON();
  const leaves = (path: string, value: any): string[] => {
    if (typeof value !== 'object' || value === null) return [`${path}: ${String(value)}`];
    if ('Fn::Join' in value) return [`${path}: ${JSON.stringify(value)}`];
    return Object.entries(value).flatMap(([name, inner]) => leaves(`${path}/${name}`, inner));
  };
  const named = Object.entries({ ...Resources, Outputs }).flatMap(([id, resource]) => leaves(id, resource));
  return new Set(named.map((line) => line.replace(/(?<=[a-z])[0-9A-F]{8}(?=\W|$)/g, '')));
}

function without(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...a].filter((line) => !b.has(line));
}
