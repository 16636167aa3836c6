"""Pack the length of a text and unpack it again; no network.

The tutorial's program; python-ref/README.md names its source.
"""
import argparse
import struct

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--text', default='qiubabimunieniu', help='whose length is packed')
literal = literals.parse_args()

data1 = literal.text
print(len(data1))
res1 = struct.pack('i', len(data1))
print(len(res1))
ret1 = struct.unpack('i', res1)
print(ret1)
