/** Writes docs/configuration.md and legacy-to-s3.schema.json from the table of settings: `npx tsx tools/docs/configuration.ts`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expected } from '../../src/cli/config/parse-setting';
import { CONFIG_FILE, GROUP_TITLES, SETTINGS, TABLE_SETTINGS, TYPE_SETTINGS, type Setting } from '../../src/cli/config/settings';

const ROOT = path.resolve(__dirname, '..', '..');
export const PAGE_FILE = path.join(ROOT, 'docs', 'configuration.md');
export const SCHEMA_FILE = path.join(ROOT, 'legacy-to-s3.schema.json');

const EXAMPLE = `# yaml-language-server: $schema=node_modules/cdk-legacy-to-s3/legacy-to-s3.schema.json
source:
  server: sql.example.com
  database: LegacyLedger
  user: reader
target: s3://my-landing-bucket/landing
tables: [dbo.*]
excludeTables: [dbo.AuditLog]
tableOptions:
  - table: dbo.Customers
    excludeColumns: [PasswordHash]
    rowFilter: Country = 'NO'
format:
  name: parquet
  compression: zstd
types:
  uniqueidentifier: uuid
columnTypes:
  dbo.Transactions.BookedAt: { timestamps: text }
targetFileBytes: 256MiB
`;

const INTRODUCTION = `# Configuration

Everything an extraction can be told, as a key of the config file and as an option of the command line. The keys are the
properties of \`Extractor\` ([API.md](../API.md)). This page and the JSON Schema are made from the program's own table by
\`npx tsx tools/docs/configuration.ts\`.

\`${CONFIG_FILE}\` in the working directory is read without being named; \`--config FILE\` names another. Options of the command
line come before the file. A key that is wrong is refused with its line, and the nearest right key or what is allowed. Passwords
do not belong in the file, which says where they are: in an environment variable, a secret, a parameter or a file.

\`\`\`yaml
${EXAMPLE}\`\`\`
`;

function cell(text: string): string {
  return text.replace(/\|/g, '\\|');
}

/** The page. */
export function configurationPage(): string {
  const groups = Object.entries(GROUP_TITLES).map(([group, title]) => {
    const rows = SETTINGS.filter((setting) => setting.group === group).map((setting) => {
      const { key, flags, description, default: standard } = setting;
      return `| \`${key}\` | ${flags === undefined ? 'config file only' : `\`${cell(flags)}\``} | ${cell(description)} | ${cell(expected(setting))} | ${cell(standard ?? '')} |`;
    });
    return `## ${title}\n\n| key | option | is | takes | default |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return [INTRODUCTION, ...groups].join('\n');
}

type Schema = { [key: string]: unknown };

const TEXT: Schema = { type: 'string', minLength: 1 };
const SIZE: Schema = { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*([kKmMgGtT][iI]?)?[bB]?$' }] };
const TABLE_SCHEMAS = { text: TEXT, size: SIZE, names: { anyOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }] }, whole: { type: 'integer', minimum: 1 } };

function schemaOf(setting: Setting): Schema {
  const { type, values, key, description, default: standard } = setting;
  const about = { description: standard === undefined ? description : `${description} (default: ${standard})` };
  const oneOrMore = (items: Schema): Schema => ({ ...about, anyOf: [items, { type: 'array', items, minItems: 1 }] });
  switch (type) {
    case 'text': return { ...about, ...TEXT };
    case 'whole': return key === 'deadlockPriority' ? { ...about, type: 'integer', minimum: -10, maximum: 10 } : { ...about, type: 'integer', minimum: 0 };
    case 'size': return { ...about, ...SIZE };
    case 'boolean': return { ...about, type: 'boolean' };
    case 'choice': return { ...about, enum: values };
    case 'choices': return oneOrMore({ enum: values });
    case 'patterns': return oneOrMore(TEXT);
    case 'wholes': return oneOrMore({ type: 'integer', minimum: 0 });
    case 'tableOptions': return {
      ...about,
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: Object.fromEntries(Object.entries(TABLE_SETTINGS).map(([name, option]) => [name, TABLE_SCHEMAS[option]])),
        required: ['table'],
        additionalProperties: false,
      },
    };
    case 'columnTypes': return {
      ...about,
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(TYPE_SETTINGS).map(([name, option]) => [name, { description: option.description, enum: option.values }]),
        ),
        additionalProperties: false,
      },
    };
  }
}

/** The JSON Schema (draft 2020-12) of the config file. */
export function configurationSchema(): Schema {
  const properties: Schema = {};
  for (const setting of SETTINGS) {
    const [first, second] = setting.key.split('.');
    if (second === undefined) {properties[first] = schemaOf(setting);} else {
      const empty: { readonly properties: Schema } & Schema = { type: 'object', properties: {}, additionalProperties: false };
      const section = (properties[first] ?? empty) as typeof empty;
      section.properties[second] = schemaOf(setting);
      properties[first] = section;
    }
  }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: CONFIG_FILE, type: 'object', properties, additionalProperties: false };
}

export const EXAMPLE_CONFIG = EXAMPLE;

if (require.main === module) {
  writeFileSync(PAGE_FILE, configurationPage());
  writeFileSync(SCHEMA_FILE, `${JSON.stringify(configurationSchema(), undefined, 2)}\n`);
}
