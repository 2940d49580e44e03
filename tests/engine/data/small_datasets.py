"""Small tables as CSV, and data sets made of them, for tests."""

from engine.data import Dataset, Table, prepare, read_csv

ARRAYS = ("x_train", "y_train", "x_dev", "y_dev", "x_test", "y_test")


def read(text: str) -> Table:
    return read_csv(text.encode(), max_bytes=1 << 20)


def small() -> Dataset:
    lines = [f"{index * index % 61},{'ab'[index % 2]},{index % 3}" for index in range(60)]
    return prepare(read("n,w,y\n" + "\n".join(lines)), target="y")


TRAIN = "n,w,y\n" + "".join(f"{index % 7},{'ab'[index % 2]},{index % 3}\n" for index in range(60))
