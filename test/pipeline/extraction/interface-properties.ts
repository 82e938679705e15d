import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A property as its interface has it. */
export interface Property {
  readonly type: string;
  readonly optional: boolean;
  readonly byDefault?: string;
  readonly doc: string;
}

const SRC = path.join(__dirname, '..', '..', '..', 'src');

/** The properties of an interface, from its source. */
export function propertiesOf(file: string, name: string): { readonly [property: string]: Property } {
  const text = readFileSync(path.join(SRC, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = source.statements.find((each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === name);
  if (!found) throw new Error(`${file} has no interface ${name}`);
  return Object.fromEntries(found.members.filter(ts.isPropertySignature).map((member) => {
    const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
    const doc = ts.getJSDocCommentsAndTags(member).map((each) => ts.isJSDoc(each) ? ts.getTextOfJSDocComment(each.comment) ?? '' : '').join('');
    return [member.name.getText(), {
      type: member.type!.getText(),
      optional: member.questionToken !== undefined,
      byDefault: tag && ts.getTextOfJSDocComment(tag.comment),
      doc: doc.replace(/\s+/g, ' '),
    }];
  }));
}
