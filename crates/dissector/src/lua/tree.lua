-- Checksums in their places ------------------------------------------------------------------------

-- The value in the place of a checksum: a number, text, or bytes.
local function shown_digest(source, item, digest)
    local bytes = raw(source, item.at, item.content)
    if item.json then
        local node = json_lookup(item.json, digest.keys or {})
        if not node then return nil end
        if node.kind == "str" then return unescaped(node.text) end
        return node.text or node.kind, node.kind == "int" and tonumber(node.text) or nil
    end
    if item.part.kind == "struct" then
        local slot = item.part.slots[digest.slot or 0]
        if not slot then return bytes end
        bytes = slot_bytes(source, item, slot)
        if SLOT_TYPES[slot.code] then return bytes end
        local number, text = integer(slot, bytes)
        return text, number
    end
    return item.text or bytes, item.text and tonumber(item.text)
end

local function add_digest(source, tree, read, digest)
    local item, of = read.parts[digest.part], read.parts[digest.of]
    if not item or not of then return end
    local shown, number = shown_digest(source, item, digest)
    if not shown then return end
    local name, sum = digest.kind .. " of " .. of.part.name, SUMS[digest.kind]
    if not sum or of.length > sum.max then
        tree:add(name .. ": not checked here"):set_generated()
        return
    end
    local right = sum.of(raw(source, of.at, of.length))
    local is_right = shown:lower() == right or shown == right:gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
    if number then
        local right_number = digest.kind == "crc32" and tonumber(right, 16)
        local is_signed = right_number and right_number >= WORD / 2 and number == right_number - WORD
        is_right = number == right_number or is_signed
    end
    local note = tree:add(name .. ": " .. right .. (is_right and ", right" or ", wrong"))
    note:set_generated()
    if not is_right then
        if shown:find("[^\32-\126]") then
            shown = shown:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
        end
        local what = digest.path .. ": expected " .. right .. ", the " .. name .. ", found " .. shown
        note:add_proto_expert_info(e.wrong_digest, read.frame.name .. "." .. what)
    end
end

-- The tree -----------------------------------------------------------------------------------------

-- The maximum number of JSON members that are shown, and their maximum depth.
local MEMBERS_MAX, TREE_DEPTH_MAX = 1000, 32

-- A range in the packet. An empty range is where the next byte would be.
local function place(source, at, length)
    if not source.tvb then return nil end
    return source.tvb(math.min(at, source.length), length)
end

local function add_members(source, tree, item, node, path, state)
    for _, member in ipairs(node.members) do
        state.shown = state.shown + 1
        if state.shown > MEMBERS_MAX then
            if state.shown == MEMBERS_MAX + 1 then tree:add("More members, which are not shown"):set_generated() end
            return
        end
        local value, part = member.value, item.part
        local range = place(source, item.at, item.length)
        if item.stands then range = place(source, item.at + member.from - 1, member.stop - member.from) end
        local text = value.text or shortened(state.text:sub(value.from, value.stop - 1), 1000)
        if value.kind == "str" then text = unescaped(value.text) end
        text = clean(text)
        local label = value.kind == "str" and '"' .. text .. '"' or text
        local key = path .. clean(member.key)
        local branch = tree:add(part.member_field, range, clean(member.key) .. ": " .. label)
        branch:add(part.key_field, range, key)
        branch:add(part.value_field, range, text)
        if value.members and state.depth < TREE_DEPTH_MAX then
            state.depth = state.depth + 1
            add_members(source, branch, item, value, key .. ".", state)
            state.depth = state.depth - 1
        end
    end
end

local function add_json(source, tree, item)
    local part, range = item.part, place(source, item.at, item.length)
    local branch = tree:add(part.field, range, item.shown)
    if not item.json then return end
    if item.json.members then
        add_members(source, branch, item, item.json, "", { text = item.shown, shown = 0, depth = 0 })
    end
    for _, known in ipairs(part.known or {}) do
        local node = json_lookup(item.json, known.keys)
        local value = node and node.text
        if node and node.kind == "str" then value = clean(unescaped(node.text)) end
        if known.type == "int64" then value = node and node.kind == "int" and int64(node.text) end
        if value then branch:add(known.field, range, value):set_generated() end
    end
end

local function add_slot(source, tree, item, slot, field)
    local at = item.at + slot.at
    local range, bytes = place(source, at, slot.size), slot_bytes(source, item, slot)
    if slot.code == "bool" then
        tree:add(field, range, bytes ~= "\0")
    elseif slot.code == "float" and slot.size == 2 then
        local number = integer({ code = "uint", little = slot.little }, bytes)
        local exponent, fraction = math.floor(number / 1024) % 32, number % 1024
        local value = exponent == 0 and fraction * 2 ^ -24 or (1 + fraction / 1024) * 2 ^ (exponent - 15)
        if exponent == 31 then value = fraction == 0 and math.huge or 0 / 0 end
        tree:add(field, range, number >= 32768 and -value or value)
    elseif slot.code == "string" and slot.type == "string" then
        tree:add(field, range, printable((bytes:gsub("%z*$", ""))))
    elseif slot.code == "pascal" and slot.type == "string" then
        tree:add(field, range, printable(bytes:sub(2, 1 + (bytes:byte(1) or 0))))
    elseif slot.little then
        tree:add_le(field, range)
    else
        tree:add(field, range)
    end
end

local function add_part(source, tree, item)
    local part, range = item.part, place(source, item.at, item.length)
    if part.kind == "struct" then
        local first = part.slots[1]
        if first and not first.filter then return add_slot(source, tree, item, first, part.field) end
        local branch = tree:add(part.field, range)
        for _, slot in ipairs(part.slots) do add_slot(source, branch, item, slot, slot.field) end
    elseif part.member then
        if item.shown or item.length > 0 then add_json(source, tree, item) end
    elseif item.text then
        local number = int64(item.text)
        if number then
            tree:add(part.field, range, number)
        else
            tree:add(range, part.name .. ": " .. item.text)
        end
    elseif part.encoding == "gbk" and GBK and item.shown:find("\\x", 1, true) then
        local _, text = tree:add_packet_field(part.field, range, GBK)
        item.shown = clean(text or item.shown)
    elseif item.shown then
        tree:add(part.field, range, item.shown)
    elseif item.length > 0 then
        tree:add(part.field, range)
    elseif part.kind == "bytes" then
        tree:add(part.name .. ": no bytes")
    end
end

-- The frame's name and its JSON, or its first text, for the list of packets.
local function summary(read)
    for _, item in ipairs(read.parts) do
        if item.json or item.part.kind == "text" or item.part.kind == "text-until" then
            return read.frame.name .. " " .. shortened(item.shown:gsub("[%z\1-\31]", " "), 100)
        end
    end
    return read.frame.name
end

-- Shows a frame as far as it is valid. An expert info says what is wrong with it.
local function add_frame(source, root, read, length)
    local tree = root:add(wire, place(source, read.start, length))
    tree:append_text(", " .. read.frame.name)
    local branch = tree:add(read.frame.field, place(source, read.start, length))
    branch:append_text(", " .. whole(length) .. (length == 1 and " byte" or " bytes"))
    for _, item in ipairs(read.parts) do add_part(source, branch, item) end
    if read.status == "whole" then
        for _, digest in ipairs(read.frame.digests) do add_digest(source, branch, read, digest) end
    end
    return tree
end

-- Shows what is wrong, and the bytes that belong to no frame because of it.
local function add_wrong(source, root, read, start)
    local from, tree = start, nil
    if read.frame and #read.parts > 0 then
        local last = read.parts[#read.parts]
        from = last.at + last.length
        tree = add_frame(source, root, read, from - start)
    else
        tree = root:add(wire, place(source, start, source.length - start))
        if read.frame then tree:append_text(", " .. read.frame.name) end
    end
    local name = read.frame and read.frame.name .. (read.part and "." .. read.part.name or "") .. ": " or ""
    tree:add_proto_expert_info(e[read.kind], name .. read.what)
    tree:append_text(read.kind == "not_followed" and ", not followed" or ", malformed")
    if from < source.length then tree:add(f.rest, place(source, from, source.length - from)) end
    return name .. read.what
end
