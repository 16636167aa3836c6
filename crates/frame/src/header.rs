//! The header: `struct.pack('i', n)`.
//!
//! Layout: four bytes, a two's complement integer in the machine's own byte order. `'i'` without a
//! byte-order mark is native in size, order and alignment (CPython, `Modules/_struct.c`); a C `int`
//! has four bytes on every platform that CPython runs on.

/// Length of the header in bytes: `struct.calcsize('i')`.
pub const LEN: usize = 4;

/// `struct.pack('i', dict_len)`.
///
/// ```
/// assert_eq!(frame::header::pack(15), 15_i32.to_ne_bytes());
/// ```
#[must_use]
pub const fn pack(dict_len: i32) -> [u8; LEN] {
    dict_len.to_ne_bytes()
}

/// `struct.unpack('i', header)[0]`. Signed: a peer can announce a negative length.
#[must_use]
pub const fn unpack(header: [u8; LEN]) -> i32 {
    i32::from_ne_bytes(header)
}
