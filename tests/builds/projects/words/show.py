import os
import sys

print(sys.argv[1:], os.getcwd(), os.getuid(), os.environ.get("MODE"))
