"""Updates of Glue tables as Iceberg's commits rely on them; what ministack 1.5.33 does otherwise.

It answers in threads, so of two updates with one VersionId both may pass; it keeps what an update leaves out, where Glue
takes the input as the whole definition; it keeps names as given, where Glue folds them to lower case; it has no versions.
https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html
https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html
https://docs.aws.amazon.com/glue/latest/webapi/API_GetTableVersions.html
"""

import copy
import json
import threading

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
from ministack.services import glue

lock = threading.Lock()
# "database/table" -> tables as they were, oldest first
archived = AccountRegionScopedDict()
# What TableInput does not hold.
OF_THE_TABLE = ('Name', 'DatabaseName', 'CreateTime', 'CatalogId', 'IsRegisteredWithLakeFormation', 'VersionId', 'UpdateTime')


def key_of(data):
    name = data.get('Name') or data.get('TableName') or data.get('TableInput', {}).get('Name')
    return f"{data.get('DatabaseName')}/{name}"


def folded(data):
    data = copy.deepcopy(data)
    for holder, names in ((data, ('DatabaseName', 'Name', 'TableName')), (data.get('TableInput', {}), ('Name',))):
        for name in names:
            if isinstance(holder.get(name), str):
                holder[name] = holder[name].lower()
    return data


def update_with(update):
    def update_table(data):
        key = key_of(data)
        before = copy.deepcopy(glue._tables.get(key))
        answer = update(data)
        if answer[0] != 200:
            return answer
        given = data['TableInput']
        table = glue._tables[key]
        glue._tables[key] = {name: value for name, value in table.items() if name in OF_THE_TABLE or name in given}
        # Readers look into them without asking whether they are there.
        glue._tables[key].setdefault('StorageDescriptor', {})
        glue._tables[key].setdefault('Parameters', {})
        if not data.get('SkipArchive'):
            archived[key] = [*archived.get(key, []), before]
        return answer

    return update_table


def delete_with(delete):
    def delete_table(data):
        answer = delete(data)
        if answer[0] == 200:
            archived.pop(key_of(data), None)
        return answer

    return delete_table


def get_table_versions(data):
    key = key_of(data)
    table = glue._tables.get(key)
    if table is None:
        return error_response_json('EntityNotFoundException', f'Table {key} not found', 400)
    # The newest first.
    versions = [table, *reversed(archived.get(key, []))]
    return json_response({'TableVersions': [{'Table': each, 'VersionId': each['VersionId']} for each in versions]})


def install():
    glue._update_table = update_with(glue._update_table)
    glue._delete_table = delete_with(glue._delete_table)
    for name in ('_create_table', '_get_table', '_update_table', '_delete_table'):
        setattr(glue, name, alone(getattr(glue, name)))
    versions = alone(get_table_versions)
    handle = glue._handle_request_sync

    def handle_request(method, path, headers, body, query_params):
        if headers.get('x-amz-target', '').endswith('.GetTableVersions'):
            return versions(json.loads(body))
        return handle(method, path, headers, body, query_params)

    glue._handle_request_sync = handle_request
    reset = glue.reset

    def reset_with_versions():
        reset()
        archived.clear()

    glue.reset = reset_with_versions


def alone(handler):
    def handle(data):
        with lock:
            return handler(folded(data))

    return handle
