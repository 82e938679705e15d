"""Prints what PyIceberg reads of a table's metadata: snapshots, references, schemas, entries, and which files a filter leaves.

Usage: told_by_pyiceberg.py <metadata file> <a filter> ...
"""

import json
import sys

from pyiceberg.conversions import from_bytes
from pyiceberg.table import StaticTable

table = StaticTable.from_metadata(sys.argv[1])
metadata = table.metadata


def entries(snapshot):
    return [{
        'manifest': {'added': manifest.added_files_count, 'existing': manifest.existing_files_count, 'deleted': manifest.deleted_files_count,
                     'addedRows': manifest.added_rows_count, 'sequence': manifest.sequence_number, 'least': manifest.min_sequence_number},
        'status': entry.status.name, 'snapshot': str(entry.snapshot_id), 'sequence': entry.sequence_number, 'fileSequence': entry.file_sequence_number,
        'path': entry.data_file.file_path, 'rows': entry.data_file.record_count, 'format': entry.data_file.file_format.name,
        'bounds': {field.name: [str(from_bytes(field.field_type, of[field.field_id])) if field.field_id in of else None
                                for of in (entry.data_file.lower_bounds, entry.data_file.upper_bounds)] for field in table.schema().fields},
    } for manifest in snapshot.manifests(table.io) for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False)]


json.dump({
    'uuid': str(metadata.table_uuid),
    'fields': [f'{field.field_id} {field.name} {field.field_type}' for field in table.schema().fields],
    'current': str(metadata.current_snapshot_id),
    'snapshots': [{'id': str(each.snapshot_id), 'parent': each.parent_snapshot_id and str(each.parent_snapshot_id), 'operation': each.summary.operation.value,
                   'entries': entries(each)} for each in metadata.snapshots],
    'refs': {name: str(ref.snapshot_id) for name, ref in metadata.refs.items()},
    'mapping': {name: field.field_id for field in table.name_mapping() for name in field.names},
    'planned': {each: sorted(task.file.file_path for task in table.scan(row_filter=each).plan_files()) for each in sys.argv[2:]},
}, sys.stdout)
