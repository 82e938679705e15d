"""Content hash of Parquet objects, from their values by pyarrow and xxhash: nothing of the extractor's own is in it.

Usage: content-hash.py COLUMNS.json FILE; COLUMNS.json holds the manifest's columns. Prints rows and hash.
"""
import json
import re
import struct
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

DAY = 86_400_000_000
PREFIX = {"fixed": 0, "byteLength": 1, "shortLength": 2, "longLength": 4, "textPointer": 4, "plp": 8}
DOUBLE_BYTE = {"CP932", "CP936", "CP949", "CP950"}


def date(day):
    return (day + 719162).to_bytes(3, "little")


def time_size(scale):
    return 3 if scale <= 2 else 4 if scale <= 4 else 5


def encoder(column):
    base, first, second = re.match(r"([^(]+)(?:\((\w+)(?:,(\d+))?\))?$", column["sourceType"]).groups()
    scale = int(second or 0) if base in ("decimal", "numeric") else int(first) if first and first.isdigit() else 0

    def ticks(micros, hundreds):
        return micros // 10 ** (6 - scale) if scale < 7 else micros * 10 + hundreds

    def moment(micros, hundreds=0):
        day, of_day = divmod(micros, DAY)
        return ticks(of_day, hundreds).to_bytes(time_size(scale), "little") + date(day)

    def decimal(value):
        size = 4 if int(first) <= 9 else 8 if int(first) <= 19 else 12 if int(first) <= 28 else 16
        unscaled = int(value.scaleb(scale, context=WIDE))
        return bytes([0 if unscaled < 0 else 1]) + abs(unscaled).to_bytes(size, "little")

    def money(value):
        unscaled = int(value.scaleb(4, context=WIDE))
        return struct.pack("<iI", unscaled >> 32, unscaled & 0xFFFFFFFF)

    def time(text):
        hours, minutes, seconds = text.split(":")
        whole, _, fraction = seconds.partition(".")
        count = ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 10**scale + int(fraction or 0)
        return count.to_bytes(time_size(scale), "little")

    def datetime(micros):
        day, of_day = divmod(micros, DAY)
        return struct.pack("<iI", day + 25567, (of_day * 300 + 500_000) // 1_000_000)

    def smalldatetime(micros):
        day, of_day = divmod(micros, DAY)
        return struct.pack("<HH", day + 25567, of_day // 60_000_000)

    def text(value):
        page = column.get("codePage")
        if page is None:
            return value.encode("utf-16-le", "surrogatepass")
        return value.encode("utf-8" if page in DOUBLE_BYTE else page.lower())

    sizes = {"tinyint": 1, "smallint": 2, "int": 4, "bigint": 8}
    if base in sizes:
        return lambda value: value.to_bytes(sizes[base], "little", signed=base != "tinyint")
    return {
        "bit": lambda value: bytes([value]),
        "decimal": decimal,
        "numeric": decimal,
        "money": money,
        "smallmoney": lambda value: struct.pack("<i", int(value.scaleb(4, context=WIDE))),
        "real": lambda value: struct.pack("<f", value),
        "float": lambda value: struct.pack("<d", value),
        "date": date,
        "time": time,
        "datetime": datetime,
        "smalldatetime": smalldatetime,
        "datetime2": moment,
        "datetimeoffset": lambda micros, hundreds, offset: moment(micros, hundreds) + struct.pack("<h", offset),
        "uniqueidentifier": lambda value: uuid.UUID(value).bytes_le,
        "sql_variant": lambda value: value.encode("utf-8"),
        **{name: text for name in ("char", "varchar", "text", "nchar", "nvarchar", "ntext", "xml")},
    }.get(base, bytes)


def plain(table, name):
    values = table.column(name).combine_chunks()
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    elif pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    return values.to_pylist()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        columns = json.load(file)
    table = pq.read_table(sys.argv[2])
    sources = [column for column in columns if "framing" in column]
    encoders = [encoder(column) for column in sources]
    values = [plain(table, column["name"]) for column in sources]
    names = set(table.column_names)

    def companion(column, suffix):
        name = f"{column['name']}__{suffix}"
        return plain(table, name) if name in names else [0] * table.num_rows

    hundreds = [companion(column, "100ns") for column in sources]
    offsets = [companion(column, "offset_minutes") for column in sources]
    total = 0
    for row in range(table.num_rows):
        bitmap = bytearray((len(sources) + 7) // 8)
        out = b""
        for at, column in enumerate(sources):
            value = values[at][row]
            if value is None:
                bitmap[at >> 3] |= 1 << (at & 7)
                continue
            base = column["sourceType"].split("(")[0]
            more = (hundreds[at][row], offsets[at][row])[: {"datetime2": 1, "datetimeoffset": 2}.get(base, 0)]
            data = encoders[at](value, *more)
            prefix = PREFIX[column["framing"]]
            out += (len(data).to_bytes(prefix, "little") if prefix else b"") + data
        message = bytes(bitmap) + out
        total += xxhash.xxh64_intdigest(message, 1) << 64 | xxhash.xxh64_intdigest(message, 0)
    print(table.num_rows, f"{total % (1 << 128):032x}")


if __name__ == "__main__":
    from decimal import Context

    WIDE = Context(prec=60)
    main()
