"""MATLAB files of both kinds from the same values, as `scipy.io.savemat` takes them."""

import itertools
from typing import Any

import h5py
import numpy as np
import scipy.sparse as sp
from scipy.io import savemat

Values = dict[str, Any]
_NUMBERS = itertools.count()


def cell(values, shape=None):
    """A cell of values in MATLAB's order, a row unless a shape is said."""
    array = np.empty(len(values), object)
    for place, value in enumerate(values):
        array[place] = value
    return array.reshape(shape or (1, -1), order="F")


def structs(*records, shape=None):
    """A row of structs with the same fields."""
    array = np.empty((1, len(records)), [(name, object) for name in records[0]])
    for place, record in enumerate(records):
        array[0, place] = tuple(record.values())
    return array.reshape(shape or (1, -1), order="F")


def save_v5(path, values: Values):
    savemat(path, values)


def save_compressed(path, values: Values):
    savemat(path, values, do_compression=True)


def save_v73(path, values: Values):
    """As MATLAB writes `-v7.3`: HDF5 behind 512 bytes, axes reversed, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in values.items():
            _put(file, file, name, value)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


BOTH = (save_v5, save_v73)


def _labelled(item, kind):
    item.attrs["MATLAB_class"] = np.bytes_(kind)
    return item


def _references(file, group, name, values, shape):
    stored = file.require_group("#refs#")
    references = [_put(file, stored, f"r{next(_NUMBERS)}", value).ref for value in values]
    data = np.array(references, dtype=h5py.ref_dtype).reshape(shape[::-1])
    return group.create_dataset(name, data=data, dtype=h5py.ref_dtype)


def _put(file, group, name, value):
    if sp.issparse(value):
        item = _labelled(group.create_group(name), "double")
        item.attrs["MATLAB_sparse"] = np.uint64(value.shape[0])
        if value.nnz:
            item["data"], item["ir"] = value.data, value.indices.astype("u8")
        item["jc"] = value.indptr.astype("u8")
        return item
    if isinstance(value, dict):
        item = _labelled(group.create_group(name), "struct")
        for key, inside in value.items():
            _put(file, item, key, inside)
        return item
    if isinstance(value, str):
        item = group.create_dataset(name, data=np.array([[ord(c)] for c in value], np.uint16))
        return _labelled(item, "char")
    value = np.atleast_2d(value)
    if value.dtype.names:
        if value.size == 1:
            record = value.ravel()[0]
            return _put(file, group, name, {key: record[key] for key in value.dtype.names})
        item = _labelled(group.create_group(name), "struct")
        for key in value.dtype.names:
            _references(file, item, key, value[key].ravel(order="F"), value.shape)
        return item
    if value.dtype.kind == "O":
        references = _references(file, group, name, value.ravel(order="F"), value.shape)
        return _labelled(references, "cell")
    if not value.size:
        item = group.create_dataset(name, data=np.array(value.shape, np.uint64))
        item.attrs["MATLAB_empty"] = np.uint8(1)
        return _labelled(item, "double")
    if value.dtype.kind == "b":
        return _labelled(group.create_dataset(name, data=value.astype(np.uint8).T), "logical")
    if value.dtype.kind == "U":
        codes = np.array([[ord(c) for c in row.ljust(max(map(len, value.ravel())))]
                          for row in value.ravel()], np.uint16)  # fmt: skip
        return _labelled(group.create_dataset(name, data=codes.T), "char")
    kind = {"float64": "double", "float32": "single"}.get(value.dtype.name, value.dtype.name)
    return _labelled(group.create_dataset(name, data=value.T), kind)


def save_object(path, values: Values, name, kind):
    """`save_v73` with an object of MATLAB that nothing can decode, at `name` or `struct.name`."""
    save_v73(path, values)
    with h5py.File(path, "r+") as file:
        *outer, last = name.split(".")
        group = file["/".join(outer)] if outer else file
        data = np.array([[3707764736, 2, 1, 1, 1, 1]], np.uint32)
        assert isinstance(group, h5py.Group)
        item = _labelled(group.create_dataset(last, data=data), kind)
        item.attrs["MATLAB_object_decode"] = np.int32(3)
