// Never comes back from its own top level.
// expect: TIME_LIMIT

for (;;);
