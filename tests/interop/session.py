#!/usr/bin/env python3
"""One session of the vendor's Python client against `tgdb serve --python`.

usage: session.py CLIENT URL

CLIENT  the folder that holds the package `tgdb` of a ready client
URL     of the server, tcp:// or ssl://

Prints one line for each step. Exits with 0 if all steps did what is expected, with 1 if one
failed, with 3 if one did not end within TGDB_INTEROP_SECONDS (10 by default).
"""

import os
import queue
import sys
import threading

SECONDS_PER_STEP = float(os.environ.get("TGDB_INTEROP_SECONDS", "10"))
USER, PASSWORD, DATABASE = "scott", "tiger", "routes"
CODE = "ZZY"
NOTES = "Volcanic ash can close the airport at short notice."


class Steps:
    """Runs steps in turn, each on a thread of its own, so that one that hangs is noticed."""

    def __init__(self, label):
        self.label = label
        self.failed = False

    def run(self, name, step):
        """Runs a step, which returns what to print; `None` if it failed."""
        outcome = queue.Queue()

        def body():
            try:
                outcome.put((True, step()))
            except BaseException as error:
                outcome.put((False, error))

        threading.Thread(target=body, daemon=True).start()
        try:
            succeeded, value = outcome.get(timeout=SECONDS_PER_STEP)
        except queue.Empty:
            self.say(name, f"HUNG for {SECONDS_PER_STEP:g} s")
            sys.stdout.flush()
            os._exit(3)
        if not succeeded:
            self.failed = True
            self.say(name, f"FAILED: {type(value).__name__}: {value}")
            return None
        self.say(name, f"ok: {value}")
        return value

    def say(self, name, text):
        print(f"{self.label}: {name}: {text}")


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r}, expected {expected!r}")
    return actual


def session(steps, connection):
    """All that is done with one connection."""
    if steps.run("connect", lambda: connection.connect() or "login, metadata, properties") is None:
        return
    factory = connection.graphObjectFactory

    def metadata():
        connection.refreshMetadata()
        metadata = connection.graphMetadata
        expect("airport" in metadata.nodetypes and "route" in metadata.edgetypes, True)
        return f"{len(metadata.nodetypes)} node types, {len(metadata.edgetypes)} edge types"

    def query():
        names = connection.executeQuery("gremlin://g.V().has('airport','iata','FRA').values('name');").toCollection()
        return expect(len(names), 1) and names[0]

    def find():
        key = factory.createCompositeKey("airport")
        key["iata"] = CODE
        return connection.getEntity(key)

    def value(name):
        entity = find()
        return None if entity is None else entity[name]

    def insert():
        node = factory.createNode("airport")
        node["iata"] = CODE
        node["name"] = "Inserted"
        connection.insertEntity(node)
        connection.commit()
        return f"inserted {CODE}"

    def update():
        node = find()
        node["name"] = "Updated"
        connection.updateEntity(node)
        connection.commit()
        return expect(value("name"), "Updated")

    def large_object():
        # Not by its key: what is near comes along then, and this client fails on replies in pieces.
        node = connection.executeQuery("gremlin://g.V().has('airport','iata','KEF');").toCollection()[0]
        notes = node["notes"]
        # Python reads the count of chunks, which is 1, as the length of the object.
        return f"{len(notes)} of {len(NOTES)} bytes" if len(notes) == 1 else expect(notes, NOTES)

    def rollback():
        node = find()
        node["name"] = "Rolled back"
        connection.updateEntity(node)
        connection.rollback()
        return expect(value("name"), "Updated")

    def delete():
        connection.deleteEntity(find())
        connection.commit()
        return expect(find(), None) or "gone"

    steps.run("metadata", metadata)
    steps.run("query", query)
    steps.run("commit of a node", insert)
    steps.run("get entity", lambda: expect(value("name"), "Inserted"))
    steps.run("update", update)
    steps.run("rollback", rollback)
    steps.run("large object", large_object)
    steps.run("delete", delete)
    steps.run("disconnect", lambda: connection.disconnect() or "closed")


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    client, url = sys.argv[1:]
    sys.path.insert(0, client)
    # Python takes the name of the TLS handshake from here, and `host:port` by default.
    if url.startswith("ssl:"):
        url += "/{tgdb.tls.expectedHostName=localhost}"
    from tgdb.connection import TGConnectionFactory
    from tgdb.exception import TGAuthenticationException

    def connection(password):
        return TGConnectionFactory.createConnection(url, USER, password, DATABASE, {})

    def wrong_password():
        try:
            connection("wrong").connect()
        except TGAuthenticationException as error:
            return f"refused: {type(error).__name__}: {error}"
        raise AssertionError("not refused")

    steps = Steps(f"python {url.partition(':')[0]}")
    session(steps, connection(PASSWORD))
    steps.run("wrong password", wrong_password)
    return 1 if steps.failed else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # The client's threads must not keep the program.
    os._exit(code)
