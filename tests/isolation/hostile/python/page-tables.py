# Fills memory with page tables: reads a byte here and there of a terabyte that is never written.
# expect: MEMORY_LIMIT memory-limit
# memory: 256
import ctypes

READ, PRIVATE_ANONYMOUS_NORESERVE, NO_HUGE_PAGES = 1, 0x4022, 15
SIZE, STEP = 1 << 40, 2 << 20


def predict(batch):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(None, ctypes.c_size_t(SIZE), READ, PRIVATE_ANONYMOUS_NORESERVE, -1, ctypes.c_long(0))
    libc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(SIZE), NO_HUGE_PAGES)
    for offset in range(0, SIZE, STEP):
        ctypes.c_ubyte.from_address(at + offset).value
    return [[1, 0, 0]] * len(batch)
