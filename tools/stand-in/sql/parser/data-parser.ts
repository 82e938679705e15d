import { Assignment, Expr, Predicate, SelectItem, Statement, TableSource } from '../ast';
import { CallParser } from './call-parser';

/** The statements that change rows. */
export abstract class DataParser extends CallParser {
  protected insert(): Statement {
    const line = this.line;
    this.expect('INSERT');
    this.accept('INTO');
    const table = this.objectName();
    this.tableHints();
    const columns = this.is('(') && !this.is('(', 'SELECT') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
    const output = this.output();
    if (this.accept('DEFAULT', 'VALUES')) {
      return { kind: 'insert', table, columns, defaults: true, output, line };
    }
    if (this.is('EXEC') || this.is('EXECUTE')) {
      return { kind: 'insert', table, columns, exec: this.execute(), line };
    }
    if (this.accept('VALUES')) {
      const rows = this.list(() => this.parenthesised(() => this.list((): Expr | 'default' => (this.accept('DEFAULT') ? 'default' : this.expression()))));
      return { kind: 'insert', table, columns, rows, output, line };
    }
    return { kind: 'insert', table, columns, query: this.query(), output, line };
  }

  protected update(): Statement {
    const line = this.line;
    this.expect('UPDATE');
    const top = this.top()?.count;
    const table = this.objectName();
    this.tableHints();
    this.expect('SET');
    const assignments = this.list((): Assignment => {
      const target = this.objectName();
      const operator = this.next();
      const column = target.parts[target.parts.length - 1];
      if (operator.text !== '=' && /^[-+*/%&|^]=$/.test(operator.text)) {
        const left: Expr = { kind: 'column', parts: [column], line: operator.line };
        return { column, value: { kind: 'arithmetic', op: operator.text[0], left, right: this.expression(), line: operator.line } };
      }
      return { column, value: this.accept('DEFAULT') ? 'default' : this.expression() };
    });
    const { from, where } = this.fromWhere();
    return { kind: 'update', table, top, assignments, from, where, line };
  }

  protected delete(): Statement {
    const line = this.line;
    this.expect('DELETE');
    const top = this.top()?.count;
    this.accept('FROM');
    const table = this.objectName();
    this.tableHints();
    const { from, where } = this.fromWhere();
    return { kind: 'delete', table, top, from, where, line };
  }

  private output(): SelectItem[] | undefined {
    return this.accept('OUTPUT') ? this.selectItems() : undefined;
  }

  private fromWhere(): { from?: TableSource; where?: Predicate } {
    const from = this.accept('FROM') ? this.tableSource() : undefined;
    const where = this.accept('WHERE') ? this.predicate() : undefined;
    this.skipQueryOptions();
    return { from, where };
  }
}
