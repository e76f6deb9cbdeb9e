// The first file of every child. Plain JavaScript, because it opens the code cache through which all later
// files come ready made: stripping types and compiling would take longer than the rest of the start.
import { enableCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';

const [entry, codeCache] = process.argv.slice(2);
if (codeCache !== undefined) enableCompileCache(codeCache);
await import(pathToFileURL(entry).href);
