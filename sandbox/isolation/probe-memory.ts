/** Runs inside the sandbox and takes memory until it is stopped. */
const taken: Buffer[] = [];
for (;;) {
  taken.push(Buffer.alloc(8 << 20, taken.length + 1));
  // Give way, so that a watchdog outside has something to see on a machine of one processor.
  await new Promise((resolve) => setTimeout(resolve, 2));
}
