import sys

import itsdangerous

print(sys.prefix, itsdangerous.want_bytes("x"))
