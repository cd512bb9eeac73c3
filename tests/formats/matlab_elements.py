"""MATLAB files of version 5 element by element, for those that no library writes."""

import struct
import zlib

import numpy as np

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
CELL, STRUCT, CHAR, SPARSE, DOUBLE, LOGICAL = 1, 2, 4, 5, 6, 0x200
EMPTY = struct.pack("<II", 14, 0)


def element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def whole_numbers(*values):
    return element(5, np.array(values, "<i4").tobytes())


def doubles(*values):
    return element(9, np.array(values, "<f8").tobytes())


def array(code, shape, name, content):
    head = element(6, struct.pack("<II", code, 0)) + whole_numbers(*shape)
    return element(14, head + element(1, name) + content)


def write(path, *elements, packed=False):
    if packed:
        elements = [
            struct.pack("<II", 15, len(small := zlib.compress(one))) + small for one in elements
        ]
    path.write_bytes(HEADER + b"".join(elements))
    return path
