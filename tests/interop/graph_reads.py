"""What the vendor's Python client reads: the `python_reads` of `graph.json`, one function for each list."""

import datetime
import decimal
import math
import types

import recording

NODE = 2


def value(read):
    """A value as the vectors have it."""
    if isinstance(read, float) and not math.isfinite(read):
        return {"float": str(read)}
    if isinstance(read, decimal.Decimal):
        return {"number": f"{read:f}"}
    if isinstance(read, datetime.datetime):
        return {"datetime": read.isoformat()}
    return read


def attribute(read):
    from tgdb.impl.attrimpl import BlobAttribute

    # The value of a large object that is not cached would be asked of the server.
    if isinstance(read, BlobAttribute):
        data = None if read._val is None else read._val.hex()
        return {"id": read._entityId, "cached": read._cached, "data": data}
    return value(read.value)


def entity(read):
    kind = None if read.entityType is None else read.entityType.name
    attributes = {entry.descriptor.name: attribute(entry) for entry in read.attributes}
    if read.entityKind.value == NODE:
        edges = [edge.virtualId for edge in read.edges]
        own, more = {"node": read.virtualId}, {"attributes": attributes, "edges": edges}
    else:
        ends = [None if end is None else end.virtualId for end in read.vertices]
        own = {"edge": read.virtualId}
        more = {"direction": read.directiontype.name, "from": ends[0], "to": ends[1], "attributes": attributes}
    return {**own, "version": read.version, "type": kind, **more}


def result(read):
    from tgdb.model import TGAttribute, TGEntity

    if isinstance(read, TGEntity):
        return entity(read)
    if isinstance(read, TGAttribute):
        return {"attribute": read.descriptor.name, "value": attribute(read)}
    if isinstance(read, list):
        return [result(entry) for entry in read]
    if isinstance(read, dict):
        return {key: result(entry) for key, entry in read.items()}
    return value(read)


def fetched(entities):
    # Edges give a method of theirs as the id.
    key = lambda found: "<method>" if callable(found) else found
    return [[key(found), entity(read)] for found, read in entities.items()]


def stream(text):
    from tgdb.impl.channelimpl import CipherImpl
    from tgdb.impl.pduimpl import ProtocolDataInputStream

    # What the server obscures is read without the certificate.
    made = ProtocolDataInputStream(bytearray.fromhex(text), cipher=CipherImpl.__new__(CipherImpl))
    made.referencemap = {}
    return made


def attributes(factory, text):
    from tgdb.impl.attrimpl import AbstractAttribute

    source = stream(text)
    read = AbstractAttribute.createFromStream(factory.createNode(None), source)
    return {"value": attribute(read), "left": source.available}


def new_entity(factory, text):
    """Reads an entity by the client; the flag and the kind are behind its length."""
    from tgdb.model import DirectionType

    source = stream(text)
    # The client reads each edge into one of this direction.
    edge = factory.createEdge(None, None, DirectionType.BiDirectional)
    read = factory.createNode(None) if bytes.fromhex(text)[5] == NODE else edge
    read.readExternal(source)
    return read, source.available


def entities(factory, text):
    read, left = new_entity(factory, text)
    return {"value": entity(read), "left": left}


def commits(factory, text):
    reply = recording.reply("CommitTransactionResponse", bytes.fromhex(text))
    if reply.exception is not None:
        return {"exception": type(reply.exception).__name__, "text": str(reply.exception)}
    added = {number: types.SimpleNamespace() for number in (-1, -2)}
    reply.finishReadWith(added, {}, {}, factory.graphmetadata.registry)
    read = {number: vars(entry) for number, entry in added.items() if vars(entry)}
    return {"added": read, "changed": {}, "removed": {}}


def queries(factory, text, language):
    from tgdb.query import TGQueryCommand

    reply = recording.reply("QueryResponse", bytes.fromhex(text))
    if reply.error is not None:
        error = reply.error
        return {"exception": error.errStatus.name, "code": error.errorcode, "text": str(error)}
    command = TGQueryCommand.ExecuteGremlinStr if language == "gremlin" else TGQueryCommand.Execute
    found = reply.finishReadWith(command, factory)
    return {
        "id": reply.queryHashId,
        "annotation": reply.resultTypeAnnot,
        "count": reply.resultCount,
        "results": [result(entry) for entry in found],
        "fetched": [],
    }


def descriptor(read):
    if read is None:
        return None
    shown = {"type": read.dataType.name}
    if read.hasConcreteType:
        shown["scalar"] = read.attributeType.name
    if read.isMap:
        shown.update(key=descriptor(read.keyDescriptor), value=descriptor(read.valueDescriptor))
    if read.containedDescriptors is not None:
        shown["of"] = [descriptor(entry) for entry in read.containedDescriptors]
    return shown


def annotations(factory, text):
    from tgdb.impl.queryimpl import ResultMetaDataDesc

    read = ResultMetaDataDesc(text)
    read.initialize(factory.graphmetadata)
    return descriptor(read.resultDataDescriptor)


def get_entities(factory, text):
    reply = recording.reply("GetEntityResponse", bytes.fromhex(text))
    reply.finishReadWith(factory)
    return {"result_id": reply.resultId, "total": reply.totalCount, "fetched": fetched(reply.fetchedEntities)}


def large_objects(_, text):
    reply = recording.reply("GetLargeObjectResponse", bytes.fromhex(text))
    data = reply._GetLargeObjectResponseMessage__data
    return {"id": reply.entityId, "data": bytes(data or b"").hex()}


def record(recorder, factory, vectors):
    """All lists but the attributes, which are read where they are written."""
    lists = {
        "commit_replies": commits,
        "get_entity_replies": get_entities,
        "large_object_replies": large_objects,
    }
    for name, reader in lists.items():
        for vector in vectors[name]:
            recorder.put(vector, "python_reads", recording.attempt(reader, factory, vector["hex"]))
    for vector in vectors["query_replies"]:
        read = recording.attempt(queries, factory, vector["hex"], vector["language"])
        recorder.put(vector, "python_reads", read)
    for vector in vectors["entities"]:
        if "python_reads" in vector:
            recorder.put(vector, "python_reads", recording.attempt(entities, factory, vector["hex"]))
    for vector in vectors["annotations"]:
        recorder.put(vector, "python", recording.attempt(annotations, factory, vector["annotation"]))
