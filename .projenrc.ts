import { awscdk, javascript } from 'projen';
import { ROOMS } from './tools/rooms/table';

/** Lowest aws-cdk-lib a consumer may have; the tests also run against a pinned newest one. */
const CDK_FLOOR = '2.257.0';

/** One range for all AWS SDK clients; the lock file pins the versions. */
const AWS_SDK = '^3.1100.0';

const awsSdk = (...clients: string[]) => clients.map((client) => `@aws-sdk/${client}@${AWS_SDK}`);

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-legacy-to-s3',
  description: 'Move a SQL Server database into S3, exactly and fast: a CDK construct for the landing pipeline and a client that extracts, lands and proves every table.',
  keywords: ['cdk', 'aws', 's3', 'sql-server', 'mssql', 'migration', 'extract', 'parquet', 'landing-zone', 'observability'],
  author: 'cdk-legacy-to-s3 contributors',
  authorOrganization: true,
  authorAddress: 'https://github.com/cdk-legacy-to-s3',
  repositoryUrl: 'https://github.com/cdk-legacy-to-s3/cdk-legacy-to-s3.git',
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-legacy-to-s3 contributors',
  defaultReleaseBranch: 'main',
  majorVersion: 0,
  stability: 'experimental',

  cdkVersion: CDK_FLOOR,
  constructsVersion: '10.5.1',
  jsiiVersion: '~5.9.0',
  typescriptVersion: '~5.9.0',
  minNodeVersion: '20.16.0',
  workflowNodeVersion: '22',
  packageManager: javascript.NodePackageManager.NPM,
  npmProvenance: true,
  npmAccess: javascript.NpmAccess.PUBLIC,
  publishToPypi: { distName: 'cdk-legacy-to-s3', module: 'cdk_legacy_to_s3' },
  publishToMaven: {
    javaPackage: 'io.github.cdklegacytos3',
    mavenGroupId: 'io.github.cdk-legacy-to-s3',
    mavenArtifactId: 'cdk-legacy-to-s3',
  },

  projenrcTs: true,
  tsconfigDevFile: 'tsconfig.dev.json',
  sampleCode: false,
  // The recorder's construct is our own; projen would write a second one beside the handler.
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,
  docgen: true,
  releaseToNpm: true,
  depsUpgradeOptions: { workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY } },

  // Everything a handler or the extractor engine needs is bundled at build time, so it is a
  // devDependency; the package itself depends on nothing but its two peers.
  devDeps: [
    ...awsSdk(
      'client-athena',
      'client-cloudformation',
      'client-cloudwatch',
      'client-cloudwatch-logs',
      'client-dynamodb',
      'client-ecs',
      'client-eventbridge',
      'client-glue',
      'client-lambda',
      'client-s3',
      'client-secrets-manager',
      'client-sfn',
      'client-sns',
      'client-sqs',
      'client-ssm',
      'client-sts',
      'credential-providers',
    ),
    '@aws-sdk/util-dynamodb@^3.996.0',
    '@aws-sdk/checksums@^3.1002.5',
    '@foxglove/wasm-zstd@1.0.1',
    '@aws-lambda-powertools/logger@2.36.0',
    '@aws-lambda-powertools/metrics@2.36.0',
    // The newest version with packages for every platform.
    '@duckdb/node-api@1.5.5-r.5',
    // The newest majors that run on Node 20.
    '@inquirer/input@^4.2.1',
    '@inquirer/password@^4.0.17',
    '@smithy/node-http-handler',
    '@sparticuz/chromium@143.0.4',
    '@tediousjs/connection-string@^1.1.0',
    '@types/aws-lambda',
    '@types/mssql',
    '@types/node@^20',
    '@viz-js/viz@^3',
    'ajv@^8.17.1',
    'assemblyscript@0.28.20',
    'aws-sdk-client-mock@4.1.0',
    'cdk-nag@^3.0.2',
    'csv-stringify@^6.9.0',
    'dependency-cruiser@^17.3.9',
    'commander@^14',
    'esbuild@0.28.2',
    'fast-check@^4.10.2',
    'fzstd@0.1.1',
    'http-proxy-agent@^7.0.2',
    'https-proxy-agent@^7.0.6',
    'hyparquet@1.33.0',
    'hyparquet-writer@0.17.0',
    'avsc@5.7.9',
    'lossless-json@4.3.3',
    'iconv-lite@^0.7.0',
    'log-update@^7.1.0',
    'mssql@12.7.14',
    'playwright-core',
    'tedious@19.2.2',
    'tsx',
    'uplot@^1.6.32',
    'yaml@^2.8.1',
  ],

  gitignore: ['.venv/', '/.engines', '.tmp/', '.jsii.tabl.json', '__pycache__/', '/out.json', '*.log', '.DS_Store', 'cdk.out/', '/assets/', '/test-reports/', '/coverage/'],

  jestOptions: {
    jestVersion: '^30',
    configFilePath: 'jest.config.json',
    jestConfig: {
      testTimeout: 60_000,
      maxWorkers: '100%',
      moduleFileExtensions: ['ts', 'js', 'json', 'node'],
      collectCoverage: false,
      modulePathIgnorePatterns: ['<rootDir>/(lib|dist|assets|\\.venv|\\.engines|\\.tmp)/', '/cdk\\.out/'],
    },
  },
  tsconfigDev: {
    include: ['src/**/*.ts', 'test/**/*.ts', 'tools/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', '.projenrc.ts'],
    exclude: ['node_modules', '**/node_modules', '**/cdk.out'],
    compilerOptions: { lib: ['es2023'], target: 'ES2022', skipLibCheck: true },
  },
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['test', 'tools', 'bench', 'examples'],
    ignorePatterns: ['**/node_modules/', '**/cdk.out/', 'assets/', 'lib/'],
  },
});

// Packages of ES modules only, which the bundles take as they are.
const jestConfig = project.tryFindObjectFile('jest.config.json');
jestConfig?.addOverride('transform./node_modules/hyparquet', '<rootDir>/tools/build/esm-to-cjs.js');
jestConfig?.addOverride('transformIgnorePatterns', ['/node_modules/(?!hyparquet)']);

project.package.addPackageResolutions('tedious@19.2.2', 'unrs-resolver@1.12.2');

// Recorded bytes and values: line ends are part of them.
project.gitattributes.addAttributes('/test/fixtures/**', '-text');

project.npmignore?.exclude(
  '/.ci/', '/.tmp/', '/.venv/', '/.engines/', '/bench/', '/docs/', '/examples/', '/tools/', 'cdk.out/', '.jsii.tabl.json',
  // Bundled into assets/; their unbundled emit would only add weight and unresolvable imports.
  '/lib/handlers/', '/lib/iceberg/', '/lib/codec/', '/lib/cli/',
  '/lib/extractor/*/', '!/lib/extractor/api/', '!/lib/extractor/doors/', '!/lib/extractor/options/', '/lib/extractor/engine.*',
);

// Two doors: the constructs (jsii), and the extractor without aws-cdk-lib.
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './extractor': { types: './extractor.d.ts', default: './extractor.js' },
  './package.json': './package.json',
  './.jsii': './.jsii',
});
project.addFields({ bin: { 'cdk-legacy-to-s3': 'bin/cdk-legacy-to-s3.js' } });

project.preCompileTask.exec('node tools/build/bundle.js');
// JavaScript by default; package-all makes the Python and Java packages too, and needs their tools.
project.packageTask.reset();
project.packageTask.spawn(project.tasks.tryFind('package:js')!);
project.testTask.reset('node tools/test.js', { receiveArgs: true });
project.setScript('demo', 'node tools/run.js demo');
project.setScript('local', 'node tools/run.js local');
project.setScript('test', 'node tools/run.js test');
project.setScript('build', 'node tools/run.js build');
project.setScript('bench', 'node tools/run.js bench');
project.setScript('fuzz', 'FUZZ_RUNS=${FUZZ_RUNS:-100000} jest --ci --coverage=false test/extractor/rows/tds/fuzz.test.ts');

// The worlds meet only in src/contract, and share src/codec; what the rooms in them may import is checked by tools/rooms/check.ts, from the same table.
const rooms = ['iceberg', 'pipeline', 'handlers', 'extractor', 'cli'] as const;
const worldOf = (name: string) => name.split('/')[0];
const mayImport = (world: string): string[] =>
  [...new Set(ROOMS.filter(({ name }) => worldOf(name) === world).flatMap((room) => room.mayImport.map(worldOf)))].filter((other) => other !== world);
const forbiddenPackages: { readonly [room: string]: readonly string[] } = {
  contract: ['*', '!.', '!./*'],
  iceberg: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', '@aws-lambda-powertools/*', 'tedious', 'mssql'],
  pipeline: ['@aws-sdk/*', '@aws-lambda-powertools/*', 'tedious', 'mssql'],
  handlers: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'tedious', 'mssql'],
  extractor: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', '@aws-lambda-powertools/*'],
  cli: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', '@aws-lambda-powertools/*'],
};
// What these rooms import is bundled at build time.
project.eslint?.allowDevDeps('src/{codec,iceberg,handlers,extractor,cli}/**');
// Tests, tools and examples are in the development project only; the project service would look no further than tsconfig.json.
const eslintConfig = project.tryFindObjectFile('.eslintrc.json');
eslintConfig?.addOverride('parserOptions.projectService', false);
eslintConfig?.addOverride('parserOptions.project', './tsconfig.dev.json');

// Wire formats, hashes and pages are made of bits.
project.eslint?.addOverride({
  files: ['src/codec/**', 'src/extractor/{rows,verify,wasm}/**', 'src/iceberg/{spec,rows}/**', 'tools/{stand-in,replay-server,local-cloud}/**', 'bench/**', 'test/**'],
  rules: { 'no-bitwise': ['off'] },
});

project.eslint?.addRules({
  // Examples and tools import the package by its own name, as consumers do.
  'import/no-unresolved': ['error', { ignore: ['^cdk-legacy-to-s3'] }],
  'import/no-restricted-paths': ['error', {
    zones: [
      ...rooms.map((room) => ({
        target: `./src/${room}`,
        from: './src',
        except: [`./${room}`, ...mayImport(room).map((other) => `./${other}`)],
      })),
      { target: './src/contract', from: './src', except: ['./contract'] },
      { target: './src/codec', from: './src', except: ['./codec'] },
      { target: './src', from: ['./tools', './test', './bench', './examples'] },
    ],
  }],
});
for (const [room, group] of Object.entries(forbiddenPackages)) {
  project.eslint?.addOverride({
    files: [`src/${room}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: [...group], message: `not allowed in src/${room}` }] }] },
  });
}

// The npm client's own default registry is the right one.
project.tryFindObjectFile('.github/workflows/release.yml')?.addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY');

project.synth();
