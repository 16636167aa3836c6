-- Checksums ----------------------------------------------------------------------------------------

-- Lua versions have bit operations in three different places.
local NATIVE_BITS = [[
    local MASK = 0xffffffff
    return {
        band = function(a, b) return a & b end,
        bor = function(a, b) return a | b end,
        bxor = function(a, b) return a ~ b end,
        bnot = function(a) return ~a & MASK end,
        rshift = function(a, by) return a >> by end,
        lrotate = function(a, by) return (a << by | a >> 32 - by) & MASK end,
    }
]]

local function bit_operations()
    if bit32 then return bit32 end
    if not bit then return load(NATIVE_BITS)() end
    -- These return signed numbers.
    local unsigned = {}
    for name, of in pairs({ band = "band", bor = "bor", bxor = "bxor", bnot = "bnot", rshift = "rshift", lrotate = "rol" }) do
        unsigned[name] = function(...) return bit[of](...) % 4294967296 end
    end
    return unsigned
end

local bits = bit_operations()
local band, bor, bxor, bnot, rshift, lrotate = bits.band, bits.bor, bits.bxor, bits.bnot, bits.rshift, bits.lrotate
local WORD = 4294967296

local crc_table = {}
for index = 0, 255 do
    local sum = index
    for _ = 1, 8 do
        local half = math.floor(sum / 2)
        sum = sum % 2 == 1 and bxor(half, 0xedb88320) or half
    end
    crc_table[index] = sum
end

local function crc32(bytes)
    local sum = 0xffffffff
    for index = 1, #bytes do
        sum = bxor(crc_table[bxor(sum % 256, bytes:byte(index))], math.floor(sum / 256))
    end
    return string.format("%08x", bxor(sum, 0xffffffff))
end

-- The bytes of a 32-bit number, big-endian.
local function word_bytes(word)
    local function byte(shift)
        return math.floor(word / shift) % 256
    end
    return string.char(byte(16777216), byte(65536), byte(256), byte(1))
end

-- Updates `state` with each block of 64 bytes, given as 16 words.
local function each_block(bytes, is_big_endian, state, compress)
    local count = #bytes * 8
    local length = word_bytes(math.floor(count / WORD)) .. word_bytes(count % WORD)
    if not is_big_endian then length = length:reverse() end
    local padded = bytes .. "\128" .. string.rep("\0", (55 - #bytes) % 64) .. length
    local words = {}
    for block = 1, #padded, 64 do
        for index = 0, 15 do
            local a, b, c, d = padded:byte(block + index * 4, block + index * 4 + 3)
            if not is_big_endian then a, b, c, d = d, c, b, a end
            words[index] = ((a * 256 + b) * 256 + c) * 256 + d
        end
        local new = compress(words, state)
        for index = 1, #state do state[index] = (state[index] + new[index]) % WORD end
    end
    local hex = {}
    for index, word in ipairs(state) do
        local shown = word_bytes(word)
        if not is_big_endian then shown = shown:reverse() end
        hex[index] = shown:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
    end
    return table.concat(hex)
end

local MD5_SHIFTS = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } }
local md5_constants = {}
for index = 0, 63 do md5_constants[index] = math.floor(math.abs(math.sin(index + 1)) * WORD) end

local function md5(bytes)
    return each_block(bytes, false, { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 }, function(words, state)
        local a, b, c, d = state[1], state[2], state[3], state[4]
        for index = 0, 63 do
            local round = math.floor(index / 16)
            local mixed, word
            if round == 0 then
                mixed, word = bor(band(b, c), band(bnot(b), d)), index
            elseif round == 1 then
                mixed, word = bor(band(d, b), band(bnot(d), c)), (5 * index + 1) % 16
            elseif round == 2 then
                mixed, word = bxor(bxor(b, c), d), (3 * index + 5) % 16
            else
                mixed, word = bxor(c, bor(b, bnot(d))), 7 * index % 16
            end
            local sum = (mixed + a + md5_constants[index] + words[word]) % WORD
            a, d, c, b = d, c, b, (b + lrotate(sum, MD5_SHIFTS[round + 1][index % 4 + 1])) % WORD
        end
        return { a, b, c, d }
    end)
end

local function sha1(bytes)
    local begin = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 }
    return each_block(bytes, true, begin, function(words, state)
        for index = 16, 79 do
            local mixed = bxor(bxor(words[index - 3], words[index - 8]), bxor(words[index - 14], words[index - 16]))
            words[index] = lrotate(mixed, 1)
        end
        local a, b, c, d, e = state[1], state[2], state[3], state[4], state[5]
        for index = 0, 79 do
            local mixed, constant
            if index < 20 then
                mixed, constant = bor(band(b, c), band(bnot(b), d)), 0x5a827999
            elseif index < 40 then
                mixed, constant = bxor(bxor(b, c), d), 0x6ed9eba1
            elseif index < 60 then
                mixed, constant = bor(bor(band(b, c), band(b, d)), band(c, d)), 0x8f1bbcdc
            else
                mixed, constant = bxor(bxor(b, c), d), 0xca62c1d6
            end
            local sum = (lrotate(a, 5) + mixed + e + constant + words[index]) % WORD
            a, b, c, d, e = sum, a, lrotate(b, 30), c, d
        end
        return { a, b, c, d, e }
    end)
end

-- SHA-256's constants are the fractional parts of roots of the first primes.
local function fraction(root)
    return math.floor((root - math.floor(root)) * WORD)
end

local sha256_begin, sha256_constants = {}, {}
do
    local candidate = 2
    while #sha256_constants < 64 do
        local is_prime = true
        for divisor = 2, candidate - 1 do
            if candidate % divisor == 0 then is_prime = false end
        end
        if is_prime then
            table.insert(sha256_constants, fraction(candidate ^ (1 / 3)))
            if #sha256_begin < 8 then table.insert(sha256_begin, fraction(candidate ^ 0.5)) end
        end
        candidate = candidate + 1
    end
end

local function rotate_right(word, by)
    return lrotate(word, 32 - by)
end

local function sha256(bytes)
    local begin = {}
    for index, word in ipairs(sha256_begin) do begin[index] = word end
    return each_block(bytes, true, begin, function(words, state)
        for index = 16, 63 do
            local x, y = words[index - 15], words[index - 2]
            local first = bxor(bxor(rotate_right(x, 7), rotate_right(x, 18)), rshift(x, 3))
            local second = bxor(bxor(rotate_right(y, 17), rotate_right(y, 19)), rshift(y, 10))
            words[index] = (words[index - 16] + first + words[index - 7] + second) % WORD
        end
        local a, b, c, d = state[1], state[2], state[3], state[4]
        local e, f, g, h = state[5], state[6], state[7], state[8]
        for index = 0, 63 do
            local wide = bxor(bxor(rotate_right(e, 6), rotate_right(e, 11)), rotate_right(e, 25))
            local choice = bxor(band(e, f), band(bnot(e), g))
            local first = (h + wide + choice + sha256_constants[index + 1] + words[index]) % WORD
            local spread = bxor(bxor(rotate_right(a, 2), rotate_right(a, 13)), rotate_right(a, 22))
            local most = bxor(bxor(band(a, b), band(a, c)), band(b, c))
            h, g, f, e = g, f, e, (d + first) % WORD
            d, c, b, a = c, b, a, (first + spread + most) % WORD
        end
        return { a, b, c, d, e, f, g, h }
    end)
end

-- Each checksum, and the most bytes that it is computed for. More would take too long each time a packet is
-- displayed.
local SUMS = {
    crc32 = { of = crc32, max = 4194304 },
    md5 = { of = md5, max = 1048576 },
    sha1 = { of = sha1, max = 1048576 },
    sha256 = { of = sha256, max = 1048576 },
}
