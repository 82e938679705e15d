import { ObjectName, Statement } from '../ast';
import { TableParser } from './table-parser';
import type { ChangeTrackingOptions } from '../../engine/changes/database-changes';

/** CREATE, ALTER, DROP and permissions. */
export abstract class DefinitionParser extends TableParser {
  protected create(): Statement {
    const line = this.line;
    this.expect('CREATE');
    if (this.accept('TABLE')) {
      return { ...this.createTable(), line };
    }
    if (this.accept('VIEW')) {
      const view = this.objectName();
      const columns = this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
      if (this.accept('WITH')) {
        this.next();
      }
      this.expect('AS');
      return { kind: 'createView', view, columns, query: this.query(), line };
    }
    if (this.accept('SYNONYM')) {
      const synonym = this.objectName();
      this.expect('FOR');
      return { kind: 'createSynonym', synonym, base: this.objectName().parts.map((part) => `[${part}]`).join('.'), line };
    }
    if (this.accept('FUNCTION')) {
      const name = this.objectName();
      this.skipParentheses();
      this.expect('RETURNS', 'TABLE', 'AS', 'RETURN');
      this.skipParentheses();
      return { kind: 'createFunction', name, line };
    }
    if (this.accept('EXTERNAL', 'TABLE')) {
      return { ...this.createTable(true), line };
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
    if (this.accept('SECURITY', 'POLICY')) {
      return this.createSecurityPolicy(line);
    }
    const unique = this.accept('UNIQUE');
    const clustered = this.clustered() ?? false;
    this.expect('INDEX');
    const name = this.name();
    this.expect('ON');
    const table = this.objectName();
    const columns = this.indexColumns();
    const included = this.accept('INCLUDE') ? this.parenthesised(() => this.list(() => this.name())) : [];
    const filter = this.accept('WHERE') ? this.indexFilter() : undefined;
    // Undocumented, but what advisors send: an index of statistics alone.
    const hypothetical = this.accept('WITH', 'STATISTICS_ONLY', '=');
    if (hypothetical) {
      this.accept('-');
      this.next();
    }
    const storage = this.storageOptions();
    return { kind: 'createIndex', name, table, unique, clustered, columns, included, storage, hypothetical, filter, line };
  }

  private indexFilter(): string {
    const start = this.peek();
    this.predicate();
    return this.textSince(start);
  }

  protected alter(): Statement {
    const line = this.line;
    this.expect('ALTER');
    if (this.accept('DATABASE')) {
      const name = this.is('CURRENT') ? this.next().text : this.name();
      this.expect('SET');
      const option = this.next().text.toUpperCase();
      if (option === 'FILESTREAM') {
        const access = this.parenthesised(() => (this.expect('NON_TRANSACTED_ACCESS', '='), this.next().upper));
        return { kind: 'alterDatabase', name, option, value: access, line };
      }
      if (option === 'CHANGE_TRACKING') {
        return { kind: 'alterDatabase', name, option, ...this.databaseTracking(), line };
      }
      const value = this.next().text.toUpperCase();
      if (this.accept('WITH')) {
        while (this.token.kind === 'word' || this.token.kind === 'number') {
          this.next();
        }
      }
      return { kind: 'alterDatabase', name, option, value, line };
    }
    if (this.accept('INDEX')) {
      const index = this.name();
      this.expect('ON');
      const on = this.objectName();
      return { kind: 'alterIndex', name: index, table: on, disable: this.next().upper === 'DISABLE', line };
    }
    this.expect('TABLE');
    const table = this.objectName();
    if (this.is('ENABLE', 'CHANGE_TRACKING') || this.is('DISABLE', 'CHANGE_TRACKING')) {
      const on = this.next().upper === 'ENABLE';
      this.next();
      const trackColumnsUpdated = this.accept('WITH', '(', 'TRACK_COLUMNS_UPDATED', '=') && this.onOrOff();
      this.accept(')');
      return { kind: 'changeTracking', table, on, trackColumnsUpdated, line };
    }
    if (this.accept('SWITCH')) {
      const partition = () => (this.accept('PARTITION') ? this.expression() : undefined);
      const from = partition();
      this.expect('TO');
      const target = this.objectName();
      return { kind: 'switchPartition', table, from, target, to: partition(), line };
    }
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

  private onOrOff(): boolean {
    const on = this.accept('ON');
    if (!on) {
      this.expect('OFF');
    }
    return on;
  }

  /** = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON), = OFF, or the options alone. */
  private databaseTracking(): { value: string; changeTracking?: Partial<ChangeTrackingOptions> } {
    const value = this.accept('=') ? (this.onOrOff() ? 'ON' : 'OFF') : 'SET';
    if (value === 'OFF') {
      return { value };
    }
    const options = this.is('(') ? this.parenthesised(() => this.list((): Partial<ChangeTrackingOptions> => {
      if (this.accept('AUTO_CLEANUP', '=')) {
        return { autoCleanup: this.onOrOff() };
      }
      this.expect('CHANGE_RETENTION', '=');
      const retention = Number(this.next().text);
      const unit = this.next().upper;
      if (unit !== 'DAYS' && unit !== 'HOURS' && unit !== 'MINUTES') {
        throw this.unexpected();
      }
      return { retention, unit };
    })) : [];
    return { value, changeTracking: Object.assign({}, ...options) };
  }

  protected drop(): Statement {
    const line = this.line;
    this.expect('DROP');
    const what = this.accept('SECURITY', 'POLICY') ? 'SECURITY POLICY' : this.next().upper;
    if (what !== 'TABLE' && what !== 'VIEW' && what !== 'SCHEMA' && what !== 'DATABASE' && what !== 'INDEX' && what !== 'SECURITY POLICY') {
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

  private createSecurityPolicy(line: number): Statement {
    const policy = this.objectName();
    const predicates = this.list(() => {
      this.expect('ADD', 'FILTER', 'PREDICATE');
      const start = this.token;
      this.objectName();
      this.skipParentheses();
      const text = this.textSince(start);
      this.expect('ON');
      return { text, table: this.objectName() };
    });
    let enabled = true;
    if (this.accept('WITH')) {
      const start = this.token;
      this.skipParentheses();
      enabled = !/STATE\s*=\s*OFF/i.test(this.textSince(start));
    }
    return { kind: 'createSecurityPolicy', policy, predicates, enabled, line };
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
}
