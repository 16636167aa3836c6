-- Wireshark dissector for the frames of the Python socket tutorials:
--
--    0       4                4+n               4+n+size
--    +-------+-----------------+-----------------+
--    | n     | dict            | body            |
--    +-------+-----------------+-----------------+
--    struct.pack('i', n): four bytes, signed, in the sender's own byte order. On nearly every machine
--    that is little-endian; the preference `big_endian` is for the others. The dict is n bytes of
--    JSON, an object; one of its keys (`data_size` or `file_size`) says how long the body is.
--
-- The server answers in frames; what its client sends is text without bounds. docs/PROTOCOL.md has the
-- clauses, FR-1 to FR-6, that the expert infos name. README.md beside this file says how to install it.

local MAX_BODY = 2 ^ 40
-- Wireshark takes a larger wish for "one more segment".
local MAX_REASSEMBLED = 0x0ffffff0
local MAX_DEPTH = 1000

local pyframe = Proto("pyframe", "Python tutorial frame")

pyframe.prefs.ports = Pref.range("Server's TCP ports", "8080", "Ports whose server answers in frames", 65535)
pyframe.prefs.size_keys =
    Pref.string("Size keys", "data_size,file_size", "Keys of the dict that say how long the body is")
pyframe.prefs.last_keys = Pref.string(
    "Size keys of last frames", "file_size", "A stream has one frame with such a key, and nothing behind it"
)
pyframe.prefs.max_dict =
    Pref.uint("Longest dict", 1048576, "A header that announces more bytes is malformed")
pyframe.prefs.big_endian =
    Pref.bool("Header is big-endian", false, "The server runs on a big-endian machine")

local f = {
    length = ProtoField.int32("pyframe.length", "Length of the dict", base.DEC),
    dict = ProtoField.string("pyframe.dict", "Dict"),
    member = ProtoField.string("pyframe.member", "Member"),
    key = ProtoField.string("pyframe.key", "Key"),
    value = ProtoField.string("pyframe.value", "Value"),
    size = ProtoField.uint64("pyframe.size", "Size of the body", base.DEC),
    body = ProtoField.bytes("pyframe.body", "Body"),
    request = ProtoField.string("pyframe.request", "Request"),
    rest = ProtoField.bytes("pyframe.rest", "Bytes of no frame"),
}
pyframe.fields = { f.length, f.dict, f.member, f.key, f.value, f.size, f.body, f.request, f.rest }

local function malformed(name, text)
    local group, severity = expert.group.MALFORMED, expert.severity.ERROR
    return ProtoExpert.new("pyframe." .. name, text, group, severity)
end

local e = {
    negative_length = malformed("negative_length", "The header announces a negative length [FR-2]"),
    dict_too_long = malformed("dict_too_long", "The header announces too long a dict [FR-2]"),
    not_json = malformed("not_json", "The dict is no JSON [FR-3]"),
    not_object = malformed("not_object", "The JSON is no object [FR-4]"),
    no_size = malformed("no_size", "The dict has no size key [FR-4]"),
    size_no_int = malformed("size_no_int", "The size is no int [FR-4]"),
    negative_size = malformed("negative_size", "The size is negative [FR-4]"),
    body_too_long = malformed("body_too_long", "The size is over what a receiver takes [FR-4]"),
    truncated = malformed("truncated", "The stream ends inside a frame [FR-1, FR-3, FR-5]"),
    repeated_key = ProtoExpert.new(
        "pyframe.repeated_key",
        "A key of the dict is there twice; the last counts",
        expert.group.PROTOCOL,
        expert.severity.WARN
    ),
    behind_last = ProtoExpert.new(
        "pyframe.behind_last",
        "Bytes behind the last frame, which are no part of it [FR-6]",
        expert.group.PROTOCOL,
        expert.severity.WARN
    ),
    not_followed = ProtoExpert.new(
        "pyframe.not_followed",
        "The body is too long to be put together here",
        expert.group.REASSEMBLE,
        expert.severity.WARN
    ),
}
pyframe.experts = {
    e.negative_length, e.dict_too_long, e.not_json, e.not_object, e.no_size, e.size_no_int,
    e.negative_size, e.body_too_long, e.truncated, e.repeated_key, e.behind_last,
    e.not_followed,
}

local tcp_stream = Field.new("tcp.stream")
local tcp_fin = Field.new("tcp.flags.fin")
local tcp_reset = Field.new("tcp.flags.reset")

-- By stream and sender: the packet behind which nothing is a frame, and why; and how much of a frame
-- is there that waits for more. By packet: what a stream that ended left over.
local broken, pending, left_over = {}, {}, {}

function pyframe.init()
    broken, pending, left_over = {}, {}, {}
end

-- JSON, as json.loads takes it ---------------------------------------------------------------------

-- Where the text stops being UTF-8, if it does. A surrogate alone is let through, as Python does.
local function utf8_error(text)
    local at, length = 1, #text
    while at <= length do
        local first = text:byte(at)
        local more, low, high = nil, 0x80, 0xbf
        if first < 0x80 then
            more = 0
        elseif first >= 0xc2 and first <= 0xdf then
            more = 1
        elseif first >= 0xe0 and first <= 0xef then
            more = 2
            if first == 0xe0 then low = 0xa0 end
        elseif first >= 0xf0 and first <= 0xf4 then
            more = 3
            if first == 0xf0 then low = 0x90 elseif first == 0xf4 then high = 0x8f end
        else
            return at - 1
        end
        for next = 1, more do
            local byte = text:byte(at + next)
            if not byte or byte < low or byte > high then return at - 1 end
            low, high = 0x80, 0xbf
        end
        at = at + 1 + more
    end
    return nil
end

-- The dict as UTF-8, and whether its bytes stand where they stood.
local function decoded(range)
    local raw = range:raw()
    local a, b, c, d = raw:byte(1, 4)
    local encoding = nil
    if raw:sub(1, 3) == "\239\187\191" then
        return raw:sub(4), false
    elseif raw:sub(1, 4) == "\255\254\0\0" or (a ~= 0 and b == 0 and c == 0 and d == 0) then
        encoding = ENC_UCS_4 + ENC_LITTLE_ENDIAN
    elseif raw:sub(1, 4) == "\0\0\254\255" or (a == 0 and b == 0 and d and d ~= 0) then
        encoding = ENC_UCS_4 + ENC_BIG_ENDIAN
    elseif raw:sub(1, 2) == "\255\254" or (a ~= 0 and b == 0) then
        encoding = ENC_UTF_16 + ENC_LITTLE_ENDIAN
    elseif raw:sub(1, 2) == "\254\255" or (a == 0 and b and b ~= 0) then
        encoding = ENC_UTF_16 + ENC_BIG_ENDIAN
    end
    if not encoding then return raw, true end
    -- What Wireshark gives may have more behind its NUL.
    local text = range:string(encoding):match("^[^%z]*")
    if text:sub(1, 3) == "\239\187\191" then text = text:sub(4) end
    return text, false
end

local parse_value

local function skip(text, at)
    return text:find("[^ \t\n\r]", at) or #text + 1
end

local function fail(at, what)
    error({ at = at - 1, what = what }, 0)
end

local function parse_string(text, at)
    local from = at
    at = at + 1
    while true do
        local stop = text:find('[%z\1-\31"\\]', at)
        if not stop then fail(from, "a string without an end") end
        local char = text:sub(stop, stop)
        if char == '"' then
            return { kind = "string", text = text:sub(from, stop) }, stop + 1
        elseif char ~= "\\" then
            fail(stop, "a control character in a string")
        elseif text:find('^["\\/bfnrt]', stop + 1) then
            at = stop + 2
        elseif text:find("^u%x%x%x%x", stop + 1) then
            at = stop + 6
        else
            fail(stop, "an escape that is none")
        end
    end
end

local function parse_number(text, at)
    for _, word in ipairs({ "-Infinity", "Infinity", "NaN" }) do
        if text:sub(at, at + #word - 1) == word then
            return { kind = "float", text = word }, at + #word
        end
    end
    local _, stop = text:find("^%-?0", at)
    if not stop then
        _, stop = text:find("^%-?[1-9]%d*", at)
    end
    if not stop then fail(at, "no value") end
    local kind = "int"
    for _, part in ipairs({ "^%.%d+", "^[eE][+-]?%d+" }) do
        local _, further = text:find(part, stop + 1)
        if further then stop, kind = further, "float" end
    end
    return { kind = kind, text = text:sub(at, stop) }, stop + 1
end

-- What is between brackets; `member` takes one thing and gives where it ends.
local function parse_all(text, at, close, member)
    at = skip(text, at + 1)
    if text:sub(at, at) == close then return at + 1 end
    while true do
        at = skip(text, member(at))
        local char = text:sub(at, at)
        if char == close then return at + 1 end
        if char ~= "," then fail(at, "no comma and no end") end
        at = skip(text, at + 1)
    end
end

local function parse_object(text, at, depth)
    local members = {}
    local stop = parse_all(text, at, "}", function(from)
        if text:sub(from, from) ~= '"' then fail(from, "no key") end
        local key, behind = parse_string(text, from)
        behind = skip(text, behind)
        if text:sub(behind, behind) ~= ":" then fail(behind, "no colon") end
        local value
        value, behind = parse_value(text, skip(text, behind + 1), depth)
        table.insert(members, { key = key.text:sub(2, -2), value = value, from = from, stop = behind })
        return behind
    end)
    return { kind = "object", text = text:sub(at, stop - 1), members = members }, stop
end

local function parse_array(text, at, depth)
    local stop = parse_all(text, at, "]", function(from)
        local _, behind = parse_value(text, from, depth)
        return behind
    end)
    return { kind = "array", text = text:sub(at, stop - 1) }, stop
end

parse_value = function(text, at, depth)
    if depth > MAX_DEPTH then fail(at, "nested too deep") end
    local char = text:sub(at, at)
    if char == "{" then return parse_object(text, at, depth + 1) end
    if char == "[" then return parse_array(text, at, depth + 1) end
    if char == '"' then return parse_string(text, at) end
    for _, word in ipairs({ "true", "false", "null" }) do
        if text:sub(at, at + #word - 1) == word then
            return { kind = word, text = word }, at + #word
        end
    end
    return parse_number(text, at)
end

-- The value, or nothing and why not.
local function parse_json(text)
    local bad = utf8_error(text)
    if bad then return nil, "no UTF-8 at byte " .. bad end
    local done, value, stop = pcall(function()
        local value, stop = parse_value(text, skip(text, 1), 0)
        stop = skip(text, stop)
        if stop <= #text then fail(stop, "something behind the value") end
        return value, stop
    end)
    if done then return value, stop end
    if type(value) == "table" then return nil, value.what .. " at byte " .. value.at end
    return nil, tostring(value)
end

-- Frames -------------------------------------------------------------------------------------------

-- What a name looks like without its escapes, for ones of ASCII alone.
local function plain(key)
    return (key:gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function size_member(object, keys)
    local found = nil
    for wanted in keys:gmatch("[^,%s]+") do
        for _, member in ipairs(object.members) do
            if plain(member.key) == wanted then found = member end
        end
        if found then return found end
    end
    return nil
end

-- The size of the body, or nothing, the expert info that says why, and what it adds.
local function body_size(text)
    local value, why = parse_json(text)
    if not value then return nil, nil, e.not_json, why end
    if value.kind ~= "object" then return nil, value, e.not_object, "it is of kind " .. value.kind end
    local member = size_member(value, pyframe.prefs.size_keys)
    if not member then return nil, value, e.no_size, "none of " .. pyframe.prefs.size_keys end
    if member.value.kind ~= "int" then return nil, value, e.size_no_int, member.value.text end
    local size = tonumber(member.value.text)
    if size < 0 then return nil, value, e.negative_size, member.value.text end
    if size > MAX_BODY then return nil, value, e.body_too_long, member.value.text end
    return size, value, nil, nil
end

local function add_members(tree, range, object, stands, from_text)
    local seen = {}
    for _, member in ipairs(object.members) do
        local place = range
        if stands then place = range(member.from - 1, member.stop - member.from) end
        local item = tree:add(f.member, place, member.key .. ": " .. member.value.text)
        item:add(f.key, place, member.key)
        item:add(f.value, place, member.value.text)
        if seen[member.key] then item:add_proto_expert_info(e.repeated_key) end
        seen[member.key] = true
    end
end

-- The frame at `offset`: how long it is, and why nothing behind it is a frame, if that is so; or
-- nothing, and how many bytes are missing.
local function add_frame(tvb, offset, pinfo, root)
    local there = tvb:len() - offset
    if there < 4 then return nil, 4 - there end
    local header = tvb(offset, 4)
    local length = pyframe.prefs.big_endian and header:int() or header:le_int()
    local wrong, text, size, object, stands, why = nil, nil, nil, nil, true, nil
    if length < 0 then
        wrong, why = e.negative_length, tostring(length)
    elseif length > pyframe.prefs.max_dict then
        wrong, why = e.dict_too_long, length .. " bytes"
    elseif there < 4 + length then
        return nil, 4 + length - there
    elseif length == 0 then
        wrong, why = e.not_json, "it is empty"
    else
        text, stands = decoded(tvb(offset + 4, length))
        size, object, wrong, why = body_size(text)
        if size and size > MAX_REASSEMBLED then
            wrong, why = e.not_followed, size .. " bytes"
        elseif size and there < 4 + length + size then
            return nil, 4 + length + size - there
        end
    end
    local whole = wrong and there or 4 + length + size
    local tree = root:add(pyframe, tvb(offset, whole))
    tree:add(f.length, header, length)
    if text then
        local range = tvb(offset + 4, length)
        local dict = tree:add(f.dict, range, text)
        if object and object.members then add_members(dict, range, object, stands) end
    end
    if size then tree:add(f.size, tvb(offset + 4, length), UInt64.new(size % 2 ^ 32, math.floor(size / 2 ^ 32))) end
    if wrong then
        tree:add_proto_expert_info(wrong, "Malformed: " .. tostring(why))
        tree:append_text(", malformed")
        pinfo.cols.info:append(" malformed frame: " .. tostring(why))
        return whole, "malformed"
    end
    if size > 0 then tree:add(f.body, tvb(offset + 4 + length, size)) end
    tree:append_text(", dict of " .. length .. " bytes, body of " .. size)
    pinfo.cols.info:append(" frame: " .. text .. ", body of " .. size .. " bytes")
    return whole, size_member(object, pyframe.prefs.last_keys) and "last" or nil
end

-- What is no frame, as a malformed one or the last one was before it.
local function add_rest(tvb, offset, pinfo, root, why)
    local tree = root:add(pyframe, tvb(offset))
    tree:append_text(", behind the " .. why .. " frame")
    tree:add(f.rest, tvb(offset))
    if why == "last" then tree:add_proto_expert_info(e.behind_last) end
    pinfo.cols.info:append(" behind the " .. why .. " frame")
    return tvb:len()
end

local function is_port(ports, port)
    for first, last in tostring(ports):gmatch("(%d+)%-?(%d*)") do
        local low, high = tonumber(first), tonumber(last) or tonumber(first)
        if port >= low and port <= high then return true end
    end
    return false
end

local function key_of(port)
    return tostring(tcp_stream()) .. "/" .. port
end

function pyframe.dissector(tvb, pinfo, root)
    pinfo.cols.protocol = "PYFRAME"
    pinfo.cols.info = pinfo.src_port .. " -> " .. pinfo.dst_port
    if not is_port(pyframe.prefs.ports, pinfo.src_port) then
        local tree = root:add(pyframe, tvb())
        tree:append_text(", request")
        tree:add(f.request, tvb())
        pinfo.cols.info:append(" request of " .. tvb:len() .. " bytes")
        return tvb:len()
    end
    local key, offset = key_of(pinfo.src_port), 0
    local at = broken[key]
    -- What was put together is one buffer, what its last packet has beyond that another.
    if at and (pinfo.number > at.number or pinfo.number == at.number and tvb:len() ~= at.length) then
        return add_rest(tvb, offset, pinfo, root, at.why)
    end
    while offset < tvb:len() do
        local taken, more = add_frame(tvb, offset, pinfo, root)
        if not taken then
            pinfo.desegment_offset = offset
            pinfo.desegment_len = more
            if not pinfo.visited then
                pending[key] = { there = tvb:len() - offset, missing = more }
            end
            return tvb:len()
        end
        if not pinfo.visited then pending[key] = nil end
        offset = offset + taken
        if more then
            broken[key] = at or { number = pinfo.number, length = tvb:len(), why = more }
            if offset < tvb:len() then return add_rest(tvb, offset, pinfo, root, more) end
        end
    end
    return offset
end

-- The end of a stream comes in a packet without bytes, which no dissector is given; so ends are
-- looked for behind all others.
local ends = Proto("pyframe_end", "Python tutorial frame, its stream's end")

function ends.dissector(_, pinfo, root)
    local stream, fin, reset = tcp_stream(), tcp_fin(), tcp_reset()
    if not stream then return end
    local is_end = fin and fin.value or reset and reset.value
    if is_end and not pinfo.visited then
        local ports = { pinfo.src_port }
        if reset and reset.value then table.insert(ports, pinfo.dst_port) end
        for _, port in ipairs(ports) do
            local key = key_of(port)
            if pending[key] then left_over[pinfo.number], pending[key] = pending[key], nil end
        end
    end
    local left = left_over[pinfo.number]
    if left then
        local text = "The stream ends inside a frame: " .. left.there .. " bytes of it are there, at least "
            .. left.missing .. " are missing"
        root:add(pyframe):add_proto_expert_info(e.truncated, text)
        pinfo.cols.info:append(" [inside a frame]")
    end
end

register_postdissector(ends)

-- Ports --------------------------------------------------------------------------------------------

local registered = nil

local function register()
    local table_of_ports = DissectorTable.get("tcp.port")
    if registered then table_of_ports:remove(registered, pyframe) end
    registered = tostring(pyframe.prefs.ports)
    if registered ~= "" then table_of_ports:add(registered, pyframe) end
end

function pyframe.prefs_changed()
    if tostring(pyframe.prefs.ports) ~= registered then register() end
end

register()
