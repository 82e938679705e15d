import { HiddenRows, NotComparedReason, type PlannedColumn } from '../../../src/extractor/api/extraction-plan';
import { InvalidText, TimestampType } from '../../../src/extractor/api/type-options';
import type { CaptureInstance, ChangeFacts } from '../../../src/extractor/changes/change-facts';
import { chooseWay } from '../../../src/extractor/changes/choose-way';
import type { ChangeAbilities, ChangeSettings, ChangingTable } from '../../../src/extractor/changes/judge-ways';
import { keyColumns, keyEquality } from '../../../src/extractor/changes/key-equality';

const ID = 7;
const IDENTITY = { objectId: ID, created: '2020-01-01T00:00:00.000', database: 'fork:1' };
const column = (name: string, type: string, more: Partial<PlannedColumn> = {}): PlannedColumn => ({ name, type, nullable: false, ...more });

function tableOf(more: Partial<ChangingTable> = {}): ChangingTable {
  return { schema: 'dbo', table: "O'Neil]s", columns: [column('Id', 'int'), column('Name', 'nvarchar(20)')], primaryKey: ['Id'], identity: IDENTITY, ...more };
}

const INSTANCE: CaptureInstance = {
  name: 'dbo_T', changeTable: 'dbo_T_CT', created: '2024-01-01T00:00:00.000', mayRead: true, switchAllowed: false, dropPending: false, ordered: true, columns: ['Id', 'Name'],
};

function factsOf(more: Partial<ChangeFacts> = {}): ChangeFacts {
  return {
    database: 'Shop', user: 'reader', snapshotAllowed: true, readOnly: false, readOnlyIntent: false, changeTracking: 'off', cdc: 'off', tracked: new Map(), captured: new Map(), ...more,
  };
}

const TRACKED = { changeTracking: 'on', tracked: new Map([[ID, { beginVersion: '5', mayView: true }]]) } as const;
const captured = (...instances: CaptureInstance[]) => ({ cdc: 'on', captured: new Map([[ID, instances]]) } as const);

function refusal(table: ChangingTable, facts: ChangeFacts, settings: ChangeSettings, abilities: ChangeAbilities = {}): string {
  try {
    return `chosen: ${chooseWay(table, facts, settings, abilities).why}`;
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
}

describe('the best way that is to be had', () => {
  test('Change Tracking before CDC before the whole table; what is missing is told with the statement that enables it', () => {
    expect(chooseWay(tableOf(), factsOf({ ...TRACKED, ...captured(INSTANCE) }))).toMatchObject({ way: 'changeTracking', missing: [], enable: [], keys: 'bytes' });
    expect(chooseWay(tableOf(), factsOf(captured(INSTANCE)))).toMatchObject({
      way: 'cdc',
      settings: { instance: 'dbo_T', changeTable: 'dbo_T_CT' },
      enable: ['ALTER DATABASE [Shop] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON)', "ALTER TABLE [dbo].[O'Neil]]s] ENABLE CHANGE_TRACKING"],
    });
    const whole = chooseWay(tableOf(), factsOf());
    expect(whole.way).toBe('whole');
    expect(whole.missing).toEqual([
      "Change Tracking: database 'Shop' does not track changes, the table does not track changes",
      "change data capture: database 'Shop' captures no changes, the table has no capture instance",
      'rowversion: no column of it that is read is a rowversion',
    ]);
  });

  test('permission, isolation and secondaries', () => {
    const hidden = factsOf({ changeTracking: 'on', tracked: new Map([[ID, { beginVersion: '5', mayView: false }]]), snapshotAllowed: false });
    expect(chooseWay(tableOf(), hidden)).toMatchObject({
      way: 'whole',
      enable: ['ALTER DATABASE [Shop] SET ALLOW_SNAPSHOT_ISOLATION ON', "GRANT VIEW CHANGE TRACKING ON [dbo].[O'Neil]]s] TO [reader]"],
    });
    // A secondary is no reason to enable anything: CDC is what can be read there.
    const secondary = chooseWay(tableOf(), factsOf({ ...TRACKED, ...captured(INSTANCE), readOnlyIntent: true }));
    expect(secondary).toMatchObject({ way: 'cdc', enable: [] });
    expect(secondary.missing[0]).toContain('22117');
    expect(chooseWay(tableOf({ columns: [column('Id', 'int'), column('V', 'timestamp')] }), factsOf({ readOnly: true }), { deletes: 'unseen' }).way).toBe('whole');
  });

  test('CDC: the oldest instance that has all columns; columns it does not hold, disorder, switches and roles stand against it', () => {
    const second = { ...INSTANCE, name: 'dbo_T_2', columns: ['Id', 'Name', 'Added'] };
    const wider = tableOf({ columns: [...tableOf().columns, column('Added', 'int')] });
    expect(chooseWay(tableOf(), factsOf(captured(INSTANCE, second))).settings.instance).toBe('dbo_T');
    expect(chooseWay(wider, factsOf(captured(INSTANCE, second))).settings.instance).toBe('dbo_T_2');
    expect(chooseWay(tableOf(), factsOf(captured({ ...INSTANCE, dropPending: true }, second))).settings.instance).toBe('dbo_T_2');
    const lacks = (table: ChangingTable, instance: Partial<CaptureInstance> = {}) => refusal(table, factsOf(captured({ ...INSTANCE, ...instance })), { changes: 'cdc' });
    expect(lacks(tableOf())).toContain('chosen');
    expect(lacks(wider)).toMatch(/^CHANGES_REFUSED .*'dbo_T' does not have 'Added'; to enable it: .*@capture_instance = N'dbo_T_2'/);
    expect(lacks(tableOf({ columns: [column('Id', 'int'), column('Name', 'int', { computed: true })] }))).toMatch(/computed columns are not captured: 'Name'; or leave/);
    expect(lacks(tableOf({ columns: [column('Id', 'int'), column('Name', 'ntext')] }))).toContain("'Name' (ntext)");
    expect(lacks(tableOf(), { ordered: false })).toContain('KB3030352');
    expect(lacks(tableOf(), { switchAllowed: true })).toContain('chosen');
    expect(lacks(tableOf({ partitioned: true }), { switchAllowed: true })).toMatch(/partitions may be switched.*@source_name = N'O''Neil\]s', @role_name = NULL, .*@allow_partition_switch = 0/);
    expect(lacks(tableOf(), { mayRead: false, role: 'gate' })).toContain('ALTER ROLE [gate] ADD MEMBER [reader]');
    expect(lacks(tableOf({ rowFilter: 'Id > 5' }))).toContain('rowFilter');
    expect(chooseWay(tableOf(), factsOf({ ...captured(INSTANCE), captureLagSeconds: 4000 })).why).toContain('4000 s behind');
  });

  test('rowversion and a watermark, which miss deletes, are taken only when that is said', () => {
    const table = tableOf({ columns: [column('Id', 'int'), column('V', 'timestamp'), column('Seen', 'datetime2(7)', { nullable: true })] });
    expect(chooseWay(table, factsOf())).toMatchObject({ way: 'whole', missing: expect.arrayContaining([expect.stringContaining('would not see deletes')]) });
    expect(chooseWay(table, factsOf(), { deletes: 'keys' })).toMatchObject({ way: 'whole' });
    expect(chooseWay(table, factsOf(), { deletes: 'keys' }, { landedKeys: true })).toMatchObject({
      way: 'rowversion', keys: 'bytes', settings: { column: 'V', type: 'timestamp', deletes: 'keys' },
    });
    expect(chooseWay(table, factsOf(), { changes: 'rowversion' })).toMatchObject({ way: 'rowversion' });
    expect(chooseWay({ ...table, primaryKey: [] }, factsOf(), { changes: 'watermark', watermark: 'seen', rows: 'append', overlap: 0 })).toMatchObject({
      way: 'watermark', settings: { column: 'Seen', type: 'datetime2(7)', rows: 'append', overlap: '0' },
    });
    expect(chooseWay({ ...table, primaryKey: [] }, factsOf(), { changes: 'watermark', watermark: 'seen', rows: 'append' }).keys).toBeUndefined();
    expect(refusal({ ...table, primaryKey: [] }, factsOf(), { changes: 'watermark', watermark: 'seen' })).toContain('no primary key');
    expect(refusal(table, factsOf(), { changes: 'watermark', watermark: 'V' })).toContain('is of timestamp');
    expect(refusal(table, factsOf(), { changes: 'watermark', watermark: 'Gone' })).toContain("called 'Gone'");
    expect(refusal(table, factsOf(), { changes: 'watermark' })).toMatch(/^INVALID_CONFIG/);
    expect(refusal({ ...table, rowFilter: 'Id > 5' }, factsOf(), { changes: 'rowversion' })).toContain('would stay');
    expect(chooseWay({ ...table, rowFilter: 'Id > 5' }, factsOf(), { changes: 'rowversion', deletes: 'keys' }, { landedKeys: true }).way).toBe('rowversion');
  });

  test.each<[string, Partial<ChangingTable>]>([
    ['a view', { view: true, identity: undefined }],
    ['memory-optimised', { memoryOptimized: true }],
    ['security policy', { hiddenRows: HiddenRows.POLICY }],
    ['computed anew', { columns: [column('Id', 'int'), column('Now', 'datetime', { notCompared: NotComparedReason.NONDETERMINISTIC })] }],
    ['GETDATE', { rowFilter: 'Day > GETDATE()' }],
    ['asks other tables', { rowFilter: 'Id IN (SELECT 1)' }],
    ['calls ISOPEN', { rowFilter: 'dbo.IsOpen(Id) = 1' }],
    ['calls LEFT', { rowFilter: 'dbo.Left(Id, 1) = 1' }],
    ['calls IDENT_CURRENT', { rowFilter: "Id > IDENT_CURRENT('dbo.Batches') - 5" }],
    ['no primary key', { primaryKey: [] }],
    ['which object', { identity: undefined }],
  ])('no way where changes come without a change of the row: %s', (why, more) => {
    expect(chooseWay(tableOf(more), factsOf(TRACKED))).toMatchObject({ way: 'whole', missing: [expect.stringContaining(why), expect.anything(), expect.anything()] });
    expect(refusal(tableOf(more), factsOf(TRACKED), { changes: 'changeTracking' })).toMatch(new RegExp(`^CHANGES_REFUSED \\[dbo\\].*${why}`));
  });
});

test.each([
  'Id > 5', "Name IN (N'a (b)', 'x(') AND (Day < '2020-01-01' OR NOT (Id BETWEEN (1) AND (9)))", "LEFT(UPPER(Name), 3) = 'ABC'", 'CAST(Id AS decimal(9, 2)) > 1',
  'Id /* f( */ > 1 -- g(\n', "CASE WHEN (Id > 1) THEN ISNULL(Id, 0) END = 1 AND Name LIKE ('%a') COLLATE Latin1_General_BIN2", '-(Id) < 5 AND DATEADD(day, (1), Day) > Day',
])('a filter by the row alone may be followed: %s', (rowFilter) => {
  expect(chooseWay(tableOf({ rowFilter }), factsOf(TRACKED)).way).toBe('changeTracking');
});

describe('equality of keys', () => {
  const kindOf = (type: string, more: Partial<PlannedColumn> = {}, options = {}) => keyEquality([column('Id', 'int'), column('K', type, more)], (name) => (name === 'K' ? options : {})).kind;
  const [ci, bin2, utf8] = ['Latin1_General_CI_AS', 'Latin1_General_BIN2', 'Latin1_General_100_BIN2_UTF8'].map((collation) => ({ collation }));

  test('is that of bytes only where equal values land alike', () => {
    const exact = ['bit', 'bigint', 'decimal(38,4)', 'money', 'date', 'time(7)', 'datetime', 'datetime2(7)', 'datetimeoffset(7)', 'uniqueidentifier', 'binary(8)', 'timestamp'];
    expect(exact.filter((type) => kindOf(type) !== 'bytes')).toEqual([]);
    expect([kindOf('char(4)', bin2), kindOf('nchar(4)', utf8), kindOf('nchar(4)', { collation: 'Latin1_General_BIN' })]).toEqual(['bytes', 'bytes', 'bytes']);
    // Blanks and zeros at the end are ignored, whatever the collation.
    expect([kindOf('varchar(4)', bin2), kindOf('nvarchar(4)', utf8), kindOf('varbinary(4)')]).toEqual(['spellings', 'spellings', 'spellings']);
    expect([kindOf('char(4)', ci), kindOf('nvarchar(4)', { collation: 'Latin1_General_CS_AS' }), kindOf('varchar(4)', { collation: 'X_BINARY_CI' })]).toEqual(['spellings', 'spellings', 'spellings']);
    const none = ['float', 'real', 'sql_variant', 'hierarchyid', 'nvarchar(max)', 'xml', 'udt'];
    expect(none.filter((type) => kindOf(type, bin2) !== 'none')).toEqual([]);
    expect(kindOf('int', { notCompared: NotComparedReason.MASKED })).toBe('none');
    expect(kindOf('datetime2(7)', {}, { timestamps: TimestampType.TRUNCATED })).toBe('none');
    expect(kindOf('datetime2(3)', {}, { timestamps: TimestampType.TRUNCATED })).toBe('bytes');
    expect(kindOf('datetimeoffset(3)', {}, { timestamps: TimestampType.TEXT })).toBe('none');
    expect(kindOf('char(4)', bin2, { invalidText: InvalidText.REPLACE })).toBe('none');
    expect(keyEquality([column('A', 'varbinary(4)'), column('B', 'float')]).kind).toBe('none');
  });

  test('a table whose key has spellings is read whole where they are not looked for, by name', () => {
    const table = tableOf({ columns: [column('Id', 'nvarchar(20)', ci)] });
    expect(chooseWay(table, factsOf(TRACKED))).toMatchObject({ way: 'whole', why: expect.stringContaining('collation Latin1_General_CI_AS, which holds spellings equal that differ') });
    expect(chooseWay(table, factsOf(TRACKED), {}, { landedSpellings: 'it is too large' })).toMatchObject({ way: 'whole', why: expect.stringContaining('what landed of it, and it is too large') });
    expect(chooseWay(table, factsOf(TRACKED), {}, { landedSpellings: true })).toMatchObject({
      way: 'changeTracking', keys: 'spellings', why: expect.stringContaining('in each run the keys of all rows that landed are compared'),
    });
    // Other ways do not look for them.
    const versioned = tableOf({ columns: [column('Id', 'nvarchar(20)', ci), column('V', 'timestamp')] });
    expect(refusal(versioned, factsOf(), { changes: 'rowversion', deletes: 'unseen' }, { landedSpellings: true })).toMatch(/^CHANGES_REFUSED .*holds spellings equal that differ/);
    // The change table has the spelling that landed.
    expect(chooseWay(table, factsOf(captured({ ...INSTANCE, columns: ['Id'] })))).toMatchObject({ way: 'cdc', settings: { spellings: 'true' } });
  });

  test('names the companions that tell values apart, but no offset: two of one instant are one key', () => {
    const landed = [['K', 1], ['K__offset_minutes', 1], ['K__100ns', 1], ['Name', 2], ['Id', 3]].map(([name, ordinal]) => ({ name: String(name), ordinal: Number(ordinal) }));
    expect(keyColumns(landed, ['Id', 'K'])).toEqual(['Id', 'K', 'K__100ns']);
  });
});
