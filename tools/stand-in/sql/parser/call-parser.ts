import { Expr, ObjectName, Statement } from '../ast';
import { QueryParser } from './query-parser';

/** EXEC of a procedure or of text. */
export abstract class CallParser extends QueryParser {
  protected execute(): Statement {
    const line = this.line;
    this.next();
    if (this.is('(')) {
      return { kind: 'execute', text: this.parenthesised(() => this.expression()), args: [], line };
    }
    return this.procedureCall(line);
  }

  protected procedureCall(line: number): Statement {
    let result: string | undefined;
    if (this.token.kind === 'variable') {
      result = this.next().text;
      this.expect('=');
    }
    const procedure: ObjectName = this.objectName();
    const args: Array<{ name?: string; value: Expr; output: boolean }> = [];
    if (this.token.kind !== 'end' && !this.is(';') && this.startsArgument()) {
      args.push(...this.list(() => {
        const name = this.token.kind === 'variable' && this.peek().text === '=' ? this.next().text : undefined;
        if (name) {
          this.next();
        }
        const value = this.argument();
        return { name, value, output: this.accept('OUTPUT') || this.accept('OUT') };
      }));
    }
    return { kind: 'execute', procedure, args, result, line };
  }

  private startsArgument(): boolean {
    return ['variable', 'string', 'nstring', 'number', 'hex'].includes(this.token.kind) || this.is('-') || this.is('NULL') || this.isName() || this.is('DEFAULT');
  }

  /** A bare word is a string there, as in `EXEC sp_help Orders`. */
  private argument(): Expr {
    if (this.accept('DEFAULT')) {
      return { kind: 'null' };
    }
    if (this.isName() && this.peek().text !== '(') {
      return { kind: 'string', value: this.objectName().parts.join('.'), unicode: true };
    }
    return this.expression();
  }
}
