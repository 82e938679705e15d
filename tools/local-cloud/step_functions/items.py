"""The items of a Distributed Map: from S3 or the state's input, one or a batch for each child.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

import copy
import json

from ministack.services import stepfunctions as sfn

from step_functions.limits import check_size
from step_functions.roles import check_role

parse_reader_items = sfn._parse_reader_items


def json_lines_too(text, config):
    """JSON Lines end with a line feed; other line separators may stand in their strings."""
    try:
        if config.get('InputType') == 'JSONL':
            return [json.loads(line) for line in text.split('\n') if line.strip()]
        return parse_reader_items(text, config)
    except (ValueError, LookupError, TypeError) as error:
        raise sfn._ExecutionError('States.ItemReaderFailed', f'Attempting to parse the items failed: {error}') from None


def items_of(state_def, raw_input, effective, ctx):
    if state_def.get('ItemReader'):
        check_reader(state_def['ItemReader'], effective, ctx)
        items = sfn._read_map_items(reader_in_its_language(state_def, raw_input, ctx), effective, ctx)
    elif sfn._state_query_language(state_def, ctx) == 'JSONata':
        named = 'Items' in state_def
        items = sfn._jsonata_state_field(state_def, 'Items', 'array', raw_input, ctx) if named else raw_input
    else:
        items = sfn._resolve_path_or_ctx(state_def.get('ItemsPath', '$'), effective, ctx)
    items = items if isinstance(items, list) else [items]
    for item in items:
        check_size(item, 'An item of the Map is')
    return items


def reader_in_its_language(state_def, raw_input, ctx):
    reader = state_def['ItemReader']
    if 'Arguments' not in reader:
        return reader
    return {**reader, 'Arguments': sfn._apply_jsonata_template(reader['Arguments'], raw_input, ctx)}


def check_reader(reader, effective, ctx):
    where = sfn._resolve_params_obj(reader.get('Parameters') or {}, effective, ctx)
    bucket, key = where.get('Bucket'), where.get('Key')
    if not bucket:
        return
    if reader.get('Resource', '').endswith('listObjectsV2'):
        check_role(ctx, 's3:ListBucket', f'arn:aws:s3:::{bucket}', 'States.ItemReaderFailed')
    else:
        check_role(ctx, 's3:GetObject', f'arn:aws:s3:::{bucket}/{key}', 'States.ItemReaderFailed')


def selected(state_def, index, item, raw_input, effective, ctx):
    selector = state_def.get('ItemSelector') or state_def.get('Parameters')
    if not selector:
        return item
    item_ctx = {**ctx, 'Map': {'Item': {'Index': index, 'Value': item}}}
    if sfn._state_query_language(state_def, ctx) == 'JSONata':
        return sfn._apply_jsonata_template(selector, raw_input, item_ctx)
    return sfn._resolve_params_obj(selector, effective, item_ctx)


def batches_of(state_def, items, raw_input, effective, ctx):
    """Gives pairs of a child's input and how many items it has."""
    inputs = [selected(state_def, index, item, raw_input, effective, ctx) for index, item in enumerate(items)]
    batcher = state_def.get('ItemBatcher')
    if not batcher:
        return [(data, 1) for data in inputs]
    if 'MaxItemsPerBatch' not in batcher and 'MaxItemsPerBatchPath' not in batcher:
        raise sfn._ExecutionError('States.Runtime', 'This local cloud batches items by MaxItemsPerBatch only')
    size = batcher.get('MaxItemsPerBatch') or sfn._resolve_path_or_ctx(batcher['MaxItemsPerBatchPath'], effective, ctx)
    shared = copy.deepcopy(batcher.get('BatchInput'))
    if shared is not None:
        shared = {'BatchInput': sfn._resolve_params_obj(shared, effective, ctx)}
    groups = [inputs[start : start + int(size)] for start in range(0, len(inputs), int(size))]
    return [({**(shared or {}), 'Items': group}, len(group)) for group in groups]


def install():
    sfn._parse_reader_items = json_lines_too
