# Fills memory that no process shows to have: pages that are shared, written, and let go of.
# expect: OK | MEMORY_LIMIT memory-limit
# memory: 256
import mmap
import os

SIZE, STEP = 1 << 30, 16 << 20


def fill(descriptor):
    try:
        pages = mmap.mmap(descriptor, SIZE)
    except OSError:
        return
    for offset in range(0, SIZE, STEP):
        pages[offset : offset + STEP] = b"1" * STEP
        pages.madvise(mmap.MADV_DONTNEED, offset, STEP)
    raise AssertionError("a gigabyte is held")


def predict(batch):
    fill(-1)
    if os.path.exists("/dev/zero"):
        fill(os.open("/dev/zero", os.O_RDWR))
    return [[1, 0, 0]] * len(batch)
