"""Arrow columns as cells: one text for each value, the same whichever engine gave it. cells.ts has the notation."""

import datetime
import json

import pyarrow as pa

EPOCH = datetime.datetime(1970, 1, 1)
# Digits after the second.
DIGITS = {'s': 0, 'ms': 3, 'us': 6, 'ns': 9}


def fraction(text, value, digits):
    return f'{text}.{value:0{digits}d}' if digits else text


def timestamp(unit, zone):
    digits = DIGITS[unit]
    per_second = 10**digits

    def text(value):
        seconds, rest = divmod(value, per_second)
        # datetime ends with year 9999; what is beyond says so by its number.
        try:
            moment = EPOCH + datetime.timedelta(seconds=seconds)
        except OverflowError:
            return f'{value} {unit} since 1970'
        return fraction(moment.isoformat(), rest, digits) + ('Z' if zone else '')

    return text


def time_of_day(unit):
    digits = DIGITS[unit]

    def text(value):
        seconds, rest = divmod(value, 10**digits)
        return fraction(f'{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}', rest, digits)

    return text


def date(days):
    try:
        return (EPOCH + datetime.timedelta(days=days)).date().isoformat()
    except OverflowError:
        return f'{days} days since 1970'


def json_text(value):
    return json.dumps(value, default=str, ensure_ascii=False)


def column(array):
    """Cells of an array or chunked array."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == 'arrow.uuid':
            return [None if value is None else str(value) for value in array.to_pylist()]
        array = array.cast(kind.storage_type) if not hasattr(array, 'storage') else array.storage
        kind = array.type
    text = str
    if pa.types.is_timestamp(kind):
        text, array = timestamp(kind.unit, kind.tz), array.cast(pa.int64())
    elif pa.types.is_time(kind):
        text = time_of_day(kind.unit)
        array = array.cast(pa.int64() if pa.types.is_time64(kind) else pa.int32())
    elif pa.types.is_date32(kind):
        text, array = date, array.cast(pa.int32())
    elif pa.types.is_decimal(kind):
        text = '{:f}'.format
    elif pa.types.is_boolean(kind):
        text = {True: 'true', False: 'false'}.__getitem__
    elif pa.types.is_floating(kind):
        # Shortest text that reads back as the same double; worker-engine.ts writes it as JavaScript does.
        text = repr
    elif pa.types.is_nested(kind):
        text = json_text
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        text = bytes.hex
    return [None if value is None else text(value) for value in array.to_pylist()]


def table(arrow, types=None):
    """An Arrow table as the answer to a request: names, the engine's own names of types, columns of cells."""
    return {
        'floating': [pa.types.is_floating(field.type) for field in arrow.schema],
        'names': arrow.schema.names,
        'types': types or [str(field.type) for field in arrow.schema],
        'columns': [column(arrow.column(index)) for index in range(arrow.num_columns)],
    }
