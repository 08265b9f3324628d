f.padding = ProtoField.bytes("tgdb.padding", "Padding")
f.payload = ProtoField.bytes("tgdb.payload", "Payload")
f.payload_length = ProtoField.uint32("tgdb.payload_length", "Payload length", base.DEC)
f.response_in = ProtoField.framenum("tgdb.response_in", "Response in", base.NONE, frametype.RESPONSE)
f.response_to = ProtoField.framenum("tgdb.response_to", "Response to", base.NONE, frametype.REQUEST)
f.time = ProtoField.relative_time("tgdb.time", "Response time")

local tgdb = Proto("tgdb", "TIBCO Graph Database")
tgdb.fields = f

local e_length = ProtoExpert.new("tgdb.bad_length", "The length or data offset is wrong",
    expert.group.MALFORMED, expert.severity.ERROR)
local e_version = ProtoExpert.new("tgdb.bad_version", "Another protocol version",
    expert.group.PROTOCOL, expert.severity.WARN)
local e_exception = ProtoExpert.new("tgdb.exception", "The request failed",
    expert.group.RESPONSE_CODE, expert.severity.NOTE)
tgdb.experts = { e_length, e_version, e_exception }

tgdb.prefs.port = Pref.uint("TCP port", 8222, "Port of TGDB servers")

-- Requests and responses, by connection and request id. Made in the first pass over a capture.
local requests, responses

local tcp_stream = Field.new("tcp.stream")

function tgdb.init()
    requests, responses = {}, {}
end

local function offset_of(name)
    for _, entry in ipairs(LAYOUT) do
        if entry[1] == name then return entry[2], entry[3] end
    end
end

local function range(tvb, name)
    local offset, length = offset_of(name)
    return tvb(offset, length)
end

local function ends_with(text, suffix)
    return text:sub(-#suffix) == suffix
end

-- The login has no request ids, but no second request before the reply.
local LOGIN = {
    HandShakeRequest = true, HandShakeResponse = true,
    AuthenticateRequest = true, AuthenticateResponse = true, ExceptionMessage = true,
}

-- Responses carry the id of their request. Frames without a request have -1.
local function match(pinfo, root, verb, id)
    local stream = tcp_stream()
    if not stream or (id == "-1" and not LOGIN[verb]) then return end
    local key = stream.value .. "/" .. id
    if ends_with(verb, "Request") then
        if not pinfo.visited then
            requests[key] = { number = pinfo.number, time = pinfo.abs_ts }
        end
        for _, response in ipairs(responses[key] or {}) do
            if response.to == pinfo.number then
                root:add(f.response_in, response.number):set_generated()
            end
        end
    elseif ends_with(verb, "Response") or verb == "ExceptionMessage" then
        if not pinfo.visited and requests[key] then
            responses[key] = responses[key] or {}
            table.insert(responses[key], {
                number = pinfo.number, to = requests[key].number,
                time = pinfo.abs_ts - requests[key].time,
            })
            requests[key] = nil
        end
        for _, response in ipairs(responses[key] or {}) do
            if response.number == pinfo.number then
                root:add(f.response_to, response.to):set_generated()
                local seconds = math.floor(response.time)
                local nanos = math.floor((response.time - seconds) * 1e9 + 0.5)
                root:add(f.time, NSTime.new(seconds, nanos)):set_generated()
            end
        end
    end
end

local function dissect_message(tvb, pinfo, tree)
    local id_range = range(tvb, "verb")
    local verb = VERBS[id_range:int()] or ("verb " .. id_range:int())
    local id = tostring(range(tvb, "request_id"):int64())
    local root = tree:add(tgdb, tvb(), "TIBCO Graph Database, " .. verb)
    for _, entry in ipairs(LAYOUT) do
        root:add(f[entry[1]], tvb(entry[2], entry[3]))
    end
    if range(tvb, "version"):uint() ~= VERSION then
        root:add_proto_expert_info(e_version)
    end
    local data = range(tvb, "data_offset"):uint()
    if data < HEADER_LEN or data > tvb:len() then
        root:add_proto_expert_info(e_length)
    else
        if data > HEADER_LEN then
            root:add(f.padding, tvb(HEADER_LEN, data - HEADER_LEN))
        end
        root:add(f.payload_length, tvb:len() - data):set_generated()
        if data < tvb:len() then
            root:add(f.payload, tvb(data))
        end
    end
    if verb == "ExceptionMessage" then
        root:add_proto_expert_info(e_exception)
    end
    match(pinfo, root, verb, id)

    pinfo.cols.protocol = "TGDB"
    local info = verb
    if id ~= "-1" then info = info .. " id=" .. id end
    if pinfo.private.tgdb == "1" then
        pinfo.cols.info:append(", " .. info)
    else
        pinfo.cols.info = info
        pinfo.private.tgdb = "1"
    end
    return tvb:len()
end

local function message_length(tvb, _, offset)
    local at, size = offset_of("length")
    local length = tvb(offset + at, size):uint()
    -- So that a damaged stream gets on.
    if length < HEADER_LEN or length > 0x7fffffff then return tvb:len() - offset end
    return length
end

local function is_message(tvb)
    local at, size = offset_of("magic")
    return tvb:len() >= at + size and tvb(at, size):uint() == MAGIC
end

function tgdb.dissector(tvb, pinfo, tree)
    if not is_message(tvb) and tvb:len() >= HEADER_LEN then return 0 end
    dissect_tcp_pdus(tvb, tree, HEADER_LEN, message_length, dissect_message)
    return tvb:len()
end

local function heuristic(tvb, pinfo, tree)
    if tvb:len() < HEADER_LEN or not is_message(tvb) then return false end
    local length = range(tvb, "length"):uint()
    if length < HEADER_LEN or length > 0x7fffffff then return false end
    pinfo.conversation = tgdb
    tgdb.dissector(tvb, pinfo, tree)
    return true
end

local tcp_ports = DissectorTable.get("tcp.port")
local port = tgdb.prefs.port
tcp_ports:add(port, tgdb)

function tgdb.prefs_changed()
    if port ~= tgdb.prefs.port then
        tcp_ports:remove(port, tgdb)
        port = tgdb.prefs.port
        tcp_ports:add(port, tgdb)
    end
end

tgdb:register_heuristic("tcp", heuristic)
-- For captures whose keys Wireshark has.
tgdb:register_heuristic("tls", heuristic)
