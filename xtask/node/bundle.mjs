// node bundle.mjs FROM TO [--minify]: a style sheet or a script and all it imports, in one file.

import { build } from 'esbuild';

const [from, to, minify] = process.argv.slice(2);

/** Addresses of the site, such as url(/logo.svg), are the browser's to look up. */
const leaveAddressesAlone = {
  name: 'leave-addresses-alone',
  setup({ onResolve }) {
    onResolve({ filter: /^\// }, ({ kind, path }) => (
      kind === 'entry-point' ? undefined : { path, external: true }
    ));
  },
};

try {
  await build({
    entryPoints: [from],
    outfile: to,
    bundle: true,
    minify: minify === '--minify',
    format: 'esm',
    target: 'esnext',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [leaveAddressesAlone],
  });
} catch {
  // esbuild has printed what is wrong.
  process.exit(1);
}
