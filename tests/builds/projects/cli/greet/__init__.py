import sys


def main():
    print("usage: greet NAME" if "--help" in sys.argv else f"hello, {' '.join(sys.argv[1:])}")
