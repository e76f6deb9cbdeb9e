# Puts paths, colours and a flood into the message of its error, for whoever reads it.
# expect: LOAD_ERROR code-load
import sys

raise ValueError(f"{sys.executable} {__file__} \x1b[31m\r\n /usr/lib/python3/secret " + "x" * 10**6)
