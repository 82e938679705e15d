import { SystemView } from './system-view';

const UNITS = ['', 'MINUTES', 'HOURS', 'DAYS'];

export const CHANGE_VIEWS: SystemView[] = [
  {
    schema: 'sys',
    name: 'change_tracking_databases',
    columns: ['database_id int', 'is_auto_cleanup_on tinyint null', 'retention_period int null', 'retention_period_units tinyint null',
      'retention_period_units_desc nvarchar(60) null', 'max_cleanup_version bigint null'],
    live: true,
    rows: (_database, catalog) => catalog.all().flatMap(({ id, changes: { tracking, tracked } }) => (tracking ? [[
      id, tracking.autoCleanup ? 1 : 0, tracking.retention, UNITS.indexOf(tracking.unit), tracking.unit,
      [...tracked.values()].reduce((greatest: bigint | null, { cleanupVersion = -1n }) => (
        cleanupVersion > (greatest ?? -1n) ? cleanupVersion : greatest), null),
    ]] : [])),
  },
  {
    schema: 'sys',
    name: 'change_tracking_tables',
    columns: ['object_id int', 'is_track_columns_updated_on bit', 'min_valid_version bigint null', 'begin_version bigint null', 'cleanup_version bigint null'],
    live: true,
    rows: ({ changes: { tracked } }) => [...tracked].map(([objectId, { trackColumnsUpdated, minValidVersion, beginVersion, cleanupVersion }]) => [
      objectId, trackColumnsUpdated, minValidVersion, beginVersion, cleanupVersion ?? null,
    ]),
  },
  {
    schema: 'sys',
    name: 'dm_tran_commit_table',
    columns: ['commit_ts bigint', 'xdes_id bigint', 'commit_lbn bigint', 'commit_csn bigint', 'commit_time datetime'],
    query: 'SELECT commit_ts, transaction_id, commit_ts, commit_ts, round_datetime(commit_time) FROM {db}.sys.stand_in_commits',
  },
];
