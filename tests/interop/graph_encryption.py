#!/usr/bin/env python3
"""Writes how the vendor's Python client encrypts attributes for the server.

usage: graph_encryption.py CLIENT FOLDER

CLIENT  the folder that holds the package `tgdb` of a ready client
FOLDER  where `graph_encryption.json` is written, in the format of `tests/vectors`

The client takes `libcrypto` of the system; the command `openssl` decrypts. The padding is random, so that
the blocks are others each time; what is compared is what they hold. What Java wrote stays.
"""

import datetime
import decimal
import json
import pathlib
import subprocess
import sys
import tempfile

import recording

VALUES = {
    "int 42": 42,
    "string": "top secret",
    "number": decimal.Decimal("1234.5"),
    "timestamp": datetime.datetime(2020, 6, 15, 12, 34, 56, 789000),
    "blob": b"\x01\x02\x03",
}
# Descriptor, null flag and length of the block.
BLOCK = 9
LARGE_OBJECT = -3


def written(factory, cipher, vector):
    from tgdb.impl.attrimpl import AbstractAttribute, BlobAttribute
    from tgdb.impl.pduimpl import ProtocolDataOutputStream

    descriptor = factory.graphmetadata.attritubeDescriptors[vector["descriptor"]]
    made = AbstractAttribute.createAttribute(None, descriptor, VALUES[vector["name"]])
    if isinstance(made, BlobAttribute):
        # Its own id is a counter.
        made._entityId = LARGE_OBJECT
    target = ProtocolDataOutputStream(cipher)
    made.writeExternal(target)
    return bytes(target.buffer)


def decrypted(key, block):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "key.der"
        path.write_bytes(key)
        command = ["openssl", "pkeyutl", "-decrypt", "-keyform", "DER", "-inkey", str(path)]
        return subprocess.run(command, input=block, capture_output=True, check=True).stdout


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    from tgdb.impl.channelimpl import CipherImpl

    factory = recording.factory()
    recorder = recording.Recorder("graph_encryption.json")
    vectors = recording.vectors(recorder.name)
    cipher = CipherImpl(bytes.fromhex(vectors["certificate_der"]))
    key = bytes.fromhex(vectors["private_key_pkcs8_der"])
    for vector in vectors["writes"]:
        data = written(factory, cipher, vector)
        vector["python_writes"] = data.hex()
        recorder.put(vector, "python_plain", decrypted(key, data[BLOCK:]).hex())
    recorder.write(sys.argv[2], json.dumps(vectors, indent=1))


if __name__ == "__main__":
    main()
