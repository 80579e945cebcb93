"""Prints what Apache Arrow reads in Parquet files, as JSON: of each its columns with their types, and its rows."""

import json
import sys

import pyarrow.parquet

for path in sys.argv[1:]:
    table = pyarrow.parquet.read_table(path)
    columns = [[field.name, str(field.type), field.nullable] for field in table.schema]
    print(json.dumps({"columns": columns, "rows": table.to_pylist()}))
