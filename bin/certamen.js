#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node must be able to read this file to refuse itself clearly.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `certamen needs Node 24 or newer and this is Node ${process.versions.node}. ` +
      'Run it through npm (npm start, npx certamen), which uses the Node that npm ci installed.\n',
  );
  process.exit(1);
}
const { main } = await import('../cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
