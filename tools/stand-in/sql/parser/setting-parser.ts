import { Statement } from '../ast';
import { unsupported } from '../errors';
import { DefinitionParser } from './definition-parser';

/** What a session is told: SET of an option or a variable, DECLARE. */
export abstract class SettingParser extends DefinitionParser {
  protected set(): Statement {
    const line = this.line;
    this.expect('SET');
    if (this.token.kind === 'variable') {
      const variable = this.next().text;
      const op = this.next().text;
      return { kind: 'setVariable', variable, op, value: this.expression(), line };
    }
    const words = [this.next().text];
    if (/^(TRANSACTION|STATISTICS|IDENTITY_INSERT)$/i.test(words[0])) {
      if (words[0].toUpperCase() === 'IDENTITY_INSERT') {
        words.push(this.objectName().parts.join('.'));
      } else if (this.accept('ISOLATION', 'LEVEL')) {
        words.push('ISOLATION', 'LEVEL');
      } else {
        words.push(this.next().text);
      }
    }
    while (this.accept(',')) {
      words.push(this.next().text);
    }
    const value = [this.next().text];
    if (value[0] === '-' || (/^(READ|REPEATABLE)$/i.test(value[0]) && this.token.kind === 'word')) {
      value.push(this.next().text);
    }
    return { kind: 'setOption', option: words.join(' ').toUpperCase(), value: value.join(value[0] === '-' ? '' : ' ').toUpperCase(), line };
  }

  protected declare(): Statement {
    const line = this.line;
    this.expect('DECLARE');
    const variables = this.list(() => {
      if (this.token.kind !== 'variable') {
        throw this.unexpected();
      }
      const name = this.next().text;
      this.accept('AS');
      if (this.is('TABLE')) {
        throw unsupported('table variables', line);
      }
      const type = this.typeName(1);
      return { name, type, value: this.accept('=') ? this.expression() : undefined };
    });
    return { kind: 'declare', variables, line };
  }
}
