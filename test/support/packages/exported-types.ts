import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..', '..');

/** What `cdk-legacy-to-s3/extractor` exports; `npx tsx test/support/packages/exported-types.ts` writes it anew. */
export const EXTRACTOR_TYPES_FILE = join(ROOT, 'test', 'extractor', 'doors', 'public-types.snapshot');

/** {@link exportedTypes} of the source behind `extractor.d.ts`. */
export function extractorTypes(): string {
  const [, door] = /from '\.\/lib\/(.+)'/.exec(readFileSync(join(ROOT, 'extractor.d.ts'), 'utf8'))!;
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.dev.json'), ts.sys.readFile).config as object;
  return exportedTypes(join(ROOT, 'src', `${door}.ts`), ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options);
}

/**
 * Every declaration that a source file exports, itself or from elsewhere, and every one of the package that those name: as
 * the compiler would write them into a .d.ts, by name, without comments and without a word of which file they are in.
 */
export function exportedTypes(entry: string, options: ts.CompilerOptions): string {
  const emitted = declarationsOf(entry, options);
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...emitted.keys()], { ...options, noEmit: true }, {
    ...host,
    fileExists: (path) => emitted.has(path) || (!emitted.has(path.replace(/\.ts$/, '.d.ts')) && host.fileExists(path)),
    getSourceFile: (path, target) => {
      const text = emitted.get(path);
      return text === undefined ? host.getSourceFile(path, target) : ts.createSourceFile(path, text, target, true);
    },
  });
  const checker = program.getTypeChecker();
  const declared = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const exported = new Map<ts.Symbol, string>();
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry.replace(/\.ts$/, '.d.ts'))!)!)) {
    exported.set(declared(symbol), `export ${symbol.name}`);
  }
  // What is named, but not exported, is part of the types all the same.
  for (const [symbol] of exported) {
    for (const statement of statementsOf(symbol)) {
      const visit = (node: ts.Node) => {
        const named = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
        const found = named && declared(named);
        if (found && !exported.has(found) && statementsOf(found).some((each) => emitted.has(each.getSourceFile().fileName))) {
          exported.set(found, `named only ${found.name}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(statement);
    }
  }
  const printer = ts.createPrinter({ removeComments: true });
  return [...exported]
    .map(([symbol, title]) => `// ${title}\n${statementsOf(symbol).map((node) => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())).join('\n')}\n`)
    .map((text) => text.replace(/\bimport\("[^"]*"\)\./g, ''))
    .sort()
    .join('\n');
}

/** The .d.ts of the entry and of all it loads, by path. */
function declarationsOf(entry: string, options: ts.CompilerOptions): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const program = ts.createProgram([entry], { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: undefined });
  program.emit(undefined, (path, text) => texts.set(path, text), undefined, true);
  return texts;
}

/** Statements of a file that declare a symbol; none for members, parameters and what no file declares. */
function statementsOf(symbol: ts.Symbol): ts.Statement[] {
  return (symbol.declarations ?? []).flatMap((declaration) => {
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return ts.isStatement(node) && ts.isSourceFile(node.parent) ? [node] : [];
  });
}

if (require.main === module) writeFileSync(EXTRACTOR_TYPES_FILE, extractorTypes());
