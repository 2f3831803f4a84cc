import sys

import itsdangerous

print(itsdangerous.want_bytes(sys.argv[1]))
