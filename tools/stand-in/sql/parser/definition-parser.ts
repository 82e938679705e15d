import { ColumnDefinition, Expr, IndexColumn, ObjectName, PartitionedStorage, Statement, TableConstraint } from '../ast';
import { QueryParser } from './query-parser';
import { SqlType } from '../types';

/** CREATE, ALTER, DROP and permissions. */
export abstract class DefinitionParser extends QueryParser {
  protected create(): Statement {
    const line = this.line;
    this.expect('CREATE');
    if (this.accept('TABLE')) {
      return { ...this.createTable(), line };
    }
    if (this.accept('SCHEMA')) {
      const name = this.name();
      if (this.accept('AUTHORIZATION')) {
        this.name();
      }
      return { kind: 'createSchema', name, line };
    }
    if (this.accept('DATABASE')) {
      return { ...this.createDatabase(), line };
    }
    if (this.accept('PARTITION')) {
      return this.createPartitioning(line);
    }
    const unique = this.accept('UNIQUE');
    const clustered = this.clustered() ?? false;
    this.expect('INDEX');
    const name = this.name();
    this.expect('ON');
    const table = this.objectName();
    const columns = this.indexColumns();
    const included = this.accept('INCLUDE') ? this.parenthesised(() => this.list(() => this.name())) : [];
    const storage = this.storageOptions();
    return { kind: 'createIndex', name, table, unique, clustered, columns, included, storage, line };
  }

  protected alter(): Statement {
    const line = this.line;
    this.expect('ALTER');
    if (this.accept('DATABASE')) {
      const name = this.name();
      this.expect('SET');
      const option = this.next().text.toUpperCase();
      const value = this.next().text.toUpperCase();
      if (this.accept('WITH')) {
        while (this.token.kind === 'word' || this.token.kind === 'number') {
          this.next();
        }
      }
      return { kind: 'alterDatabase', name, option, value, line };
    }
    this.expect('TABLE');
    const table = this.objectName();
    if (this.accept('DROP', 'COLUMN')) {
      return { kind: 'dropColumn', table, columns: this.list(() => this.name()), line };
    }
    if (this.accept('ALTER', 'COLUMN')) {
      return { kind: 'alterColumn', table, column: this.columnDefinition(), line };
    }
    if (this.accept('WITH')) {
      this.next();
    }
    this.expect('ADD');
    if (this.startsConstraint()) {
      return { kind: 'addConstraint', table, constraint: this.tableConstraint(), line };
    }
    return { kind: 'addColumn', table, columns: this.list(() => this.columnDefinition()), line };
  }

  protected drop(): Statement {
    const line = this.line;
    this.expect('DROP');
    const what = this.next().upper;
    if (what !== 'TABLE' && what !== 'SCHEMA' && what !== 'DATABASE' && what !== 'INDEX') {
      this.at -= 1;
      throw this.unexpected();
    }
    const ifExists = this.accept('IF', 'EXISTS');
    const names = this.list(() => this.objectName());
    const on = this.accept('ON') ? this.objectName() : undefined;
    return { kind: 'drop', what, names, ifExists, on, line };
  }

  protected permission(): Statement {
    const line = this.line;
    const action = this.next().upper as 'GRANT' | 'DENY' | 'REVOKE';
    const words: string[] = [];
    while (!this.is('ON') && !this.is('TO') && !this.is('FROM') && this.token.kind !== 'end') {
      words.push(this.next().text);
    }
    let object: ObjectName | undefined;
    if (this.accept('ON')) {
      if (this.is('OBJECT', '::')) {
        this.at += 2;
      }
      object = this.objectName();
    }
    if (!this.accept('TO')) {
      this.expect('FROM');
    }
    return { kind: 'permission', action, permission: words.join(' ').toUpperCase(), object, principal: this.next().text, line };
  }

  private createDatabase(): { kind: 'createDatabase'; name: string; snapshotOf?: string } {
    const name = this.name();
    if (this.accept('ON')) {
      this.skipParentheses();
      while (this.accept(',')) {
        this.skipParentheses();
      }
    }
    if (this.accept('COLLATE')) {
      this.name();
    }
    const snapshotOf = this.accept('AS') ? (this.next(), this.expect('OF'), this.name()) : undefined;
    return { kind: 'createDatabase', name, snapshotOf };
  }

  private createPartitioning(line: number): Statement {
    if (this.accept('SCHEME')) {
      const name = this.name();
      this.expect('AS', 'PARTITION');
      const partitionFunction = this.name();
      this.accept('ALL');
      this.expect('TO');
      this.skipParentheses();
      return { kind: 'createPartitionScheme', name, partitionFunction, line };
    }
    this.expect('FUNCTION');
    const name = this.name();
    const type = this.parenthesised(() => this.typeName(1));
    this.expect('AS', 'RANGE');
    const right = this.accept('RIGHT');
    if (!right) {
      this.accept('LEFT');
    }
    this.expect('FOR', 'VALUES');
    return { kind: 'createPartitionFunction', name, type, right, values: this.parenthesised(() => this.list(() => this.expression())), line };
  }

  private createTable(): { kind: 'createTable'; table: ObjectName; columns: ColumnDefinition[]; constraints: TableConstraint[]; storage?: PartitionedStorage } {
    const table = this.objectName();
    const columns: ColumnDefinition[] = [];
    const constraints: TableConstraint[] = [];
    this.expect('(');
    do {
      if (this.is(')')) {
        break;
      }
      if (this.startsConstraint()) {
        constraints.push(this.tableConstraint());
      } else {
        columns.push(this.columnDefinition());
      }
    } while (this.accept(','));
    this.expect(')');
    const storage = this.storageOptions();
    return { kind: 'createTable', table, columns, constraints, storage };
  }

  private columnDefinition(): ColumnDefinition {
    const name = this.name();
    let type: SqlType | undefined;
    let nullable: boolean | undefined;
    let identity: ColumnDefinition['identity'];
    let computed: ColumnDefinition['computed'];
    let defaultValue: ColumnDefinition['defaultValue'];
    let masked: string | undefined;
    const constraints: TableConstraint[] = [];
    if (this.accept('AS')) {
      const start = this.token;
      const expr = this.expression();
      computed = { expr, text: this.textSince(start), persisted: this.accept('PERSISTED') };
    } else {
      type = this.typeName(1);
    }
    for (;;) {
      let constraintName: string | undefined;
      if (this.accept('CONSTRAINT')) {
        constraintName = this.name();
      }
      if (this.accept('NOT', 'NULL')) {
        nullable = false;
      } else if (this.accept('NULL')) {
        nullable = true;
      } else if (this.accept('IDENTITY')) {
        const [seed = 1n, increment = 1n] = this.is('(') ? this.parenthesised(() => this.list(() => this.signedInteger())) : [];
        identity = { seed, increment };
      } else if (this.accept('DEFAULT')) {
        const start = this.token;
        const expr: Expr = this.expression();
        defaultValue = { expr, text: this.textSince(start) };
      } else if (this.accept('MASKED', 'WITH')) {
        this.expect('(');
        this.expect('FUNCTION', '=');
        masked = this.next().text;
        this.expect(')');
      } else if (this.accept('COLLATE')) {
        type = { ...type!, collation: this.name() };
      } else if (this.is('PRIMARY', 'KEY') || this.is('UNIQUE')) {
        const primary = this.next().upper === 'PRIMARY';
        if (primary) {
          this.expect('KEY');
        }
        constraints.push({ kind: 'key', name: constraintName, primary, clustered: this.clustered(), columns: [{ name, descending: false }] });
      } else if (this.is('REFERENCES') || this.is('FOREIGN', 'KEY')) {
        this.accept('FOREIGN', 'KEY');
        constraints.push(this.references(constraintName, [name]));
      } else if (this.is('CHECK')) {
        constraints.push(this.tableConstraint(constraintName));
      } else if (this.accept('ROWGUIDCOL') || this.accept('SPARSE')) {
        continue;
      } else {
        return { name, type, nullable, identity, computed, defaultValue, masked, constraints };
      }
    }
  }

  private startsConstraint(): boolean {
    return ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'].includes(this.token.upper);
  }

  private tableConstraint(named?: string): TableConstraint {
    const name = named ?? (this.accept('CONSTRAINT') ? this.name() : undefined);
    if (this.accept('CHECK')) {
      const start = this.token;
      this.skipParentheses();
      return { kind: 'check', name, text: this.textSince(start) };
    }
    if (this.accept('FOREIGN', 'KEY')) {
      return this.references(name, this.parenthesised(() => this.list(() => this.name())));
    }
    const primary = this.accept('PRIMARY', 'KEY');
    if (!primary) {
      this.expect('UNIQUE');
    }
    const clustered = this.clustered();
    const columns = this.indexColumns();
    this.storageOptions();
    return { kind: 'key', name, primary, clustered, columns };
  }

  private references(name: string | undefined, columns: string[]): TableConstraint {
    this.expect('REFERENCES');
    const references = this.objectName();
    const referenced = this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : [];
    while (this.accept('ON', 'DELETE') || this.accept('ON', 'UPDATE')) {
      this.next();
      this.accept('ACTION');
      this.accept('NULL');
    }
    return { kind: 'foreign', name, columns, references, referenced };
  }

  private indexColumns(): IndexColumn[] {
    return this.parenthesised(() => this.list(() => {
      const name = this.name();
      const descending = this.accept('DESC');
      if (!descending) {
        this.accept('ASC');
      }
      return { name, descending };
    }));
  }

  private clustered(): boolean | undefined {
    return this.accept('CLUSTERED') ? true : this.accept('NONCLUSTERED') ? false : undefined;
  }

  private signedInteger(): bigint {
    const sign = this.accept('-') ? -1n : 1n;
    return sign * BigInt(this.next().text);
  }

  /** Where data is kept; filegroups are read over. */
  private storageOptions(): PartitionedStorage | undefined {
    let storage: PartitionedStorage | undefined;
    if (this.is('WITH', '(')) {
      this.next();
      this.skipParentheses();
    }
    while (this.accept('ON') || this.accept('TEXTIMAGE_ON')) {
      const scheme = this.name();
      if (this.is('(')) {
        storage = { scheme, column: this.parenthesised(() => this.name()) };
      }
    }
    return storage;
  }
}
