/** Writes docs/configuration.md and legacy-to-s3.schema.json from the table of settings: `npx tsx tools/docs/configuration.ts`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CONFIG_FILE, GROUP_TITLES, SETTINGS, type Setting } from '../../src/cli/config/settings';

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
  - table: dbo.Readings
    chunkBy: [ReadAt, DeviceId]
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
properties of \`Extractor\` ([API.md](../API.md)); \`landedTables\` and \`softDeletes\` are of the command line alone. This page and the JSON Schema are made from the program's own table by
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
      const { key, takes, flags, description, default: standard } = setting;
      return `| \`${key}\` | ${flags === undefined ? 'config file only' : `\`${cell(flags)}\``} | ${cell(description)} | ${cell(takes.expected)} | ${cell(standard ?? '')} |`;
    });
    return `## ${title}\n\n| key | option | is | takes | default |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return [INTRODUCTION, ...groups].join('\n');
}

type Schema = { [key: string]: unknown };

function schemaOf({ takes, description, default: standard }: Setting): Schema {
  return { description: standard === undefined ? description : `${description} (default: ${standard})`, ...takes.schema };
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
