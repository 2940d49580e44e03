"""From a table in a file to the arrays that a network learns from."""

from engine.data.builtin import NAMES, load_builtin
from engine.data.dataset import Dataset, prepare
from engine.data.files.csv_table import read_csv
from engine.data.files.npz_table import read_npz
from engine.data.files.parquet_table import read_parquet
from engine.data.normalization import Normalization
from engine.data.part_tables import Tables
from engine.data.parts.cut import Cut
from engine.data.said import Said
from engine.data.table import Image, Table, TableError, TableFault

__all__ = [
    "NAMES",
    "Cut",
    "Dataset",
    "Image",
    "Normalization",
    "Said",
    "Table",
    "TableError",
    "TableFault",
    "Tables",
    "load_builtin",
    "prepare",
    "read_csv",
    "read_npz",
    "read_parquet",
]
