# Ends its process with no word, past all handlers, while it is loaded.
# expect: CRASHED crashed
import os

os._exit(77)
