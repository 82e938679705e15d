import { SystemView, ticks } from './system-view';

export const SESSION_VIEWS: SystemView[] = [
  {
    schema: 'sys',
    name: 'dm_exec_sessions',
    columns: ['session_id smallint', 'login_time datetime', 'host_name nvarchar(128) null', 'program_name nvarchar(128) null', 'login_name nvarchar(128)',
      'is_user_process bit', 'original_login_name nvarchar(128)', 'database_id smallint'],
    sessionRows: (sessions) => sessions.map(({ spid, loginTime, hostName, programName, loginName, databaseId }) => [
      spid, ticks(loginTime), hostName, programName, loginName, true, loginName, databaseId,
    ]),
  },
];
