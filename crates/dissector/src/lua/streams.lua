-- Streams ------------------------------------------------------------------------------------------

local tcp_stream = Field.new("tcp.stream")
local tcp_length = Field.new("tcp.len")
local tcp_sequence = Field.new("tcp.seq")
local tcp_syn = Field.new("tcp.flags.syn")
local tcp_ack = Field.new("tcp.flags.ack")
local tcp_fin = Field.new("tcp.flags.fin")
local tcp_reset = Field.new("tcp.flags.reset")

-- By TCP stream: the server, the last sender, and for each side where its frames begin. Wireshark dissects a
-- packet again each time it is displayed, in any order. So the starting state of each buffer is kept with it.
local conversations = {}
-- By TCP stream: the address that its client connects to. By packet: what is wrong with a stream that ended
-- there.
local listeners, left_over = {}, {}

function wire.init()
    conversations, listeners, left_over = {}, {}, {}
end

local function is_port(port)
    for first, last in tostring(wire.prefs.ports):gmatch("(%d+)%-?(%d*)") do
        local low, high = tonumber(first), tonumber(last) or tonumber(first)
        if port >= low and port <= high then return true end
    end
    return false
end

local function address(ip, port)
    return tostring(ip) .. " " .. whole(port)
end

-- Whether a packet goes to the server, according to its ports: the server has a port from the preferences, or
-- else the lower one.
local function goes_to_server(pinfo)
    if is_port(pinfo.dst_port) then return true end
    if is_port(pinfo.src_port) then return false end
    return pinfo.dst_port <= pinfo.src_port
end

local function conversation_of(pinfo)
    local key = tostring(tcp_stream() or "")
    local found = conversations[key]
    if not found then
        local to_server = goes_to_server(pinfo)
        local guess = to_server and address(pinfo.dst, pinfo.dst_port) or address(pinfo.src, pinfo.src_port)
        found = { server = listeners[key] or guess, to_server = { position = 1 }, to_client = { position = 1 }, calls = {} }
        conversations[key] = found
    end
    return found
end

local function way_of(conversation, pinfo)
    return address(pinfo.dst, pinfo.dst_port) == conversation.server and "to_server" or "to_client"
end

-- The starting state of this buffer. Reassembled bytes are a buffer of their own, which begins at offset 0. The
-- rest of the last packet keeps its offset in the packet. The lengths of both differ between passes.
local function begin(conversation, way, tvb, pinfo)
    local call = whole(pinfo.number) .. " " .. whole(tvb:offset())
    local known = conversation.calls[call]
    if known then return known end
    local now = conversation[way]
    local state = { position = now.position, broken = now.broken, turn = now.turn }
    if state.turn and conversation.spoke ~= way then state.turn = nil end
    conversation.calls[call] = state
    return state
end

-- The last packet with a summary, and where its buffer began.
local said = { number = 0, offset = 0 }

-- Sets the summary in the list of packets. A packet may have several buffers, one after another.
local function says(pinfo, tvb, shown)
    if #shown == 0 then return end
    local goes_on = said.number == pinfo.number and tvb:offset() > said.offset
    said.number, said.offset = pinfo.number, tvb:offset()
    pinfo.cols.protocol = PROTOCOL.name
    local more = #shown > 5 and " and " .. whole(#shown - 5) .. " more" or ""
    pinfo.cols.info:set((goes_on and ", " or "") .. table.concat(shown, ", ", 1, math.min(#shown, 5)) .. more)
    pinfo.cols.info:fence()
end

local function add_bytes(root, field, range, text)
    local tree = root:add(wire, range)
    tree:append_text(", " .. text)
    tree:add(field, range)
end

-- The sequence number after this packet.
local function next_sequence()
    local sequence, length = tcp_sequence(), tcp_length()
    return sequence and length and sequence.value + length.value or 0
end

local function turn_of(read)
    local last = read.parts[#read.parts]
    return last and last.part.size == "turn" and read.frame.name .. "." .. last.part.name or nil
end

local function dissect_stream(tvb, pinfo, root)
    local conversation = conversation_of(pinfo)
    local way = way_of(conversation, pinfo)
    if not PROTOCOL[way] then
        add_bytes(root, f.plain, tvb(), "not described")
        says(pinfo, tvb, { whole(tvb:len()) .. " bytes" })
        return tvb:len()
    end
    local begun, source, shown = begin(conversation, way, tvb, pinfo), source_of(tvb), {}
    if begun.turn then
        add_bytes(root, f.turn, tvb(), "more of " .. begun.turn)
        says(pinfo, tvb, { "more of " .. begun.turn })
        return tvb:len()
    end
    if begun.broken then
        add_bytes(root, f.rest, tvb(), "behind what is wrong")
        says(pinfo, tvb, { "behind what is wrong" })
        return tvb:len()
    end
    local now, offset, pending = { position = begun.position }, 0, conversation[way].pending
    if pending and not pinfo.visited and tvb:offset() == 0 then source.searched = pending.read.searched end
    while offset < tvb:len() do
        local read = read_next(source, offset, PROTOCOL[way], now.position, pinfo.can_desegment == 0)
        if read.status == "short" then
            pinfo.desegment_offset, pinfo.desegment_len = offset, read.need
            now.pending = { read = read, next = next_sequence() }
            break
        end
        if read.status == "wrong" then
            table.insert(shown, add_wrong(source, root, read, offset))
            now.broken = true
            break
        end
        source.searched = nil
        add_frame(source, root, read, read.length)
        table.insert(shown, summary(read))
        offset, now.position = offset + read.length, read.position
        now.turn = offset == tvb:len() and turn_of(read) or nil
    end
    if not pinfo.visited then conversation[way] = now end
    says(pinfo, tvb, shown)
    return tvb:len()
end

local function dissect_datagram(tvb, pinfo, root)
    local way = goes_to_server(pinfo) and "to_server" or "to_client"
    if not PROTOCOL[way] then
        add_bytes(root, f.plain, tvb(), "not described")
        says(pinfo, tvb, { whole(tvb:len()) .. " bytes" })
        return tvb:len()
    end
    local source = source_of(tvb)
    local read = read_datagram(source, PROTOCOL[way])
    if read.status == "whole" then
        add_frame(source, root, read, read.length)
        says(pinfo, tvb, { summary(read) })
    else
        says(pinfo, tvb, { add_wrong(source, root, read, 0) })
    end
    return tvb:len()
end

function wire.dissector(tvb, pinfo, root)
    local done, result = pcall(PROTOCOL.datagrams and dissect_datagram or dissect_stream, tvb, pinfo, root)
    if done then return result end
    local tree = root:add(wire, tvb())
    tree:add_proto_expert_info(e.failed, "The dissector failed: " .. tostring(result))
    return tvb:len()
end

-- The end of a stream comes in a packet without bytes, which Wireshark passes to no dissector. So a
-- postdissector looks for ends. It also finds who begins a conversation, and who sends.
local ends = Proto(FILTER .. "_end", PROTOCOL.title .. ", its streams' ends")

local function flag(field)
    local found = field()
    return found and found.value
end

local function missing_frame(way, position)
    for index = position, #PROTOCOL[way] do
        local item = PROTOCOL[way][index]
        local frame = PROTOCOL.frames[item.frame]
        if not item.repeats and read_frame(source_of(nil), 0, frame, true).status ~= "whole" then
            return frame.name .. ": expected this frame, found the end of the stream"
        end
    end
    return nil
end

local function end_of(conversation, way, is_reset)
    local side = conversation[way]
    if side.is_over or not PROTOCOL[way] then return nil end
    side.is_over = true
    if side.pending then
        local came = is_reset and 0 or math.max(0, next_sequence() - side.pending.next)
        return { kind = "unexpected_end", what = cut_off_later(side.pending.read, came) }
    end
    if side.broken or side.turn or is_reset then return nil end
    local missing = missing_frame(way, side.position)
    return missing and { kind = "missing", what = missing }
end

local function follow(pinfo)
    local key = tostring(tcp_stream())
    if flag(tcp_syn) and not flag(tcp_ack) then listeners[key] = address(pinfo.dst, pinfo.dst_port) end
    local conversation = conversations[key]
    if not conversation then return end
    local way = way_of(conversation, pinfo)
    local length = tcp_length()
    if length and length.value > 0 then conversation.spoke = way end
    local is_reset = flag(tcp_reset)
    if not is_reset and not flag(tcp_fin) then return end
    local found = { end_of(conversation, way, is_reset) }
    local other = way == "to_server" and "to_client" or "to_server"
    if is_reset then table.insert(found, end_of(conversation, other, true)) end
    if #found > 0 then left_over[pinfo.number] = found end
end

function ends.dissector(_, pinfo, root)
    if not tcp_stream() then return end
    if not pinfo.visited then follow(pinfo) end
    for _, wrong in ipairs(left_over[pinfo.number] or {}) do
        root:add(wire):add_proto_expert_info(e[wrong.kind], wrong.what)
        pinfo.cols.info:append(" [" .. wrong.what .. "]")
    end
end

if not PROTOCOL.datagrams then register_postdissector(ends) end

-- Ports --------------------------------------------------------------------------------------------

local ports_table = DissectorTable.get(PROTOCOL.datagrams and "udp.port" or "tcp.port")
local registered = nil

local function register()
    if registered and registered ~= "" then ports_table:remove(registered, wire) end
    registered = tostring(wire.prefs.ports)
    if registered ~= "" then ports_table:add(registered, wire) end
end

function wire.prefs_changed()
    if tostring(wire.prefs.ports) ~= registered then register() end
end

register()
ports_table:add_for_decode_as(wire)
