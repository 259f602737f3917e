// Makes the page of one script and one style sheet, which is all that a browser is given.
//
// Usage: node bundle.mjs FOLDER

import { build } from 'esbuild';

/** What Grafana's components bring for editors and maps, and a dashboard does not show. */
const LEFT_OUT = /^(monaco-editor|@monaco-editor\/react|slate|slate-react|ol)(\/|$)/;

const withoutEditors = {
  name: 'without editors',
  setup(build) {
    build.onResolve({ filter: LEFT_OUT }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
  },
};

await build({
  entryPoints: ['page/page.jsx'],
  outfile: `${process.argv[2]}/page.js`,
  bundle: true,
  format: 'esm',
  minify: true,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  plugins: [withoutEditors],
  logLevel: 'warning',
  logLimit: 20,
});
