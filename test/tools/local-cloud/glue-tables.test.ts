import { execFileSync } from 'node:child_process';
import path from 'node:path';
import {
  CreateDatabaseCommand, CreateTableCommand, DeleteTableCommand, GetTableCommand, GetTableVersionsCommand, GlueClient, UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { type LocalCloud, startLocalCloud } from '../../../tools/local-cloud';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** Two updates of one version that meet between the comparison and the change, where nothing keeps them apart. */
const RACE = `
import json, sys, threading, types
sys.path.insert(0, 'tools/local-cloud')
import glue_tables
from ministack.services import glue
glue_tables.install()
glue._databases['d'] = {}
glue._create_table({'DatabaseName': 'd', 'TableInput': {'Name': 't'}})
meeting = threading.Barrier(2)
def meet():
    try:
        meeting.wait(timeout=0.3)
    except threading.BrokenBarrierError:
        pass
    return 0
glue.time = types.SimpleNamespace(time=meet)
answers = []
def update():
    answers.append(glue._update_table({'DatabaseName': 'd', 'TableInput': {'Name': 't'}, 'VersionId': '1'})[0])
threads = [threading.Thread(target=update) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps(sorted(answers)))
`;

test('of two updates with one version, one is refused', () => {
  const output = execFileSync(path.join(ROOT, '.venv', 'bin', 'python'), ['-c', RACE], { cwd: ROOT, encoding: 'utf8' });
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual([200, 400]);
});

describe('a table of the catalog', () => {
  let cloud: LocalCloud;
  let glue: GlueClient;
  beforeAll(async () => {
    cloud = await startLocalCloud();
    glue = new GlueClient({ ...cloud.clientConfig, maxAttempts: 1 });
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'd' } }));
  });
  afterAll(async () => {
    glue?.destroy();
    await cloud?.stop();
  });

  const table = async () => (await glue.send(new GetTableCommand({ DatabaseName: 'd', Name: 't' }))).Table!;
  const create = () => glue.send(new CreateTableCommand({
    DatabaseName: 'd', TableInput: { Name: 'T', Description: 'first', Parameters: { metadata_location: 'a' } },
  }));
  const update = (location: string, options: { VersionId?: string; SkipArchive?: boolean } = {}) => glue.send(new UpdateTableCommand({
    DatabaseName: 'd', TableInput: { Name: 't', Parameters: { metadata_location: location } }, ...options,
  }));

  test('changes only from the version that the caller saw, wholly, and keeps versions unless told not to', async () => {
    await create();
    const first = await table();
    expect(first).toMatchObject({ Name: 't', Description: 'first' });

    await update('b', { VersionId: first.VersionId });
    const second = await table();
    expect(second).toMatchObject({ Parameters: { metadata_location: 'b' } });
    // The input is the whole definition: https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html
    expect(second.Description).toBeUndefined();
    await expect(update('c', { VersionId: first.VersionId })).rejects.toThrow(expect.objectContaining({ name: 'ConcurrentModificationException' }));
    await update('d', { VersionId: second.VersionId, SkipArchive: true });
    await update('e');

    const { TableVersions } = await glue.send(new GetTableVersionsCommand({ DatabaseName: 'd', TableName: 't' }));
    expect(TableVersions!.map(({ Table }) => Table!.Parameters!.metadata_location)).toEqual(['e', 'd', 'a']);
    expect(new Set(TableVersions!.map(({ VersionId }) => VersionId)).size).toBe(3);
  });

  test('that is dropped and created again has none of the old versions', async () => {
    await glue.send(new DeleteTableCommand({ DatabaseName: 'd', Name: 'T' }));
    await create();
    const { TableVersions } = await glue.send(new GetTableVersionsCommand({ DatabaseName: 'd', TableName: 't' }));
    expect(TableVersions).toHaveLength(1);
  });
});
