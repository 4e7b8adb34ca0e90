// Writes a .br and a .gz beside every file of a folder that gains from it.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const GAINS = new Set(['.css', '.js', '.json', '.svg', '.txt', '.wasm']);

const [folder] = process.argv.slice(2);
const names = (await readdir(folder, { recursive: true })).filter((name) => GAINS.has(path.extname(name)));

await Promise.all(names.map(async (name) => {
  const file = path.join(folder, name);
  const content = await readFile(file);
  const brotli = await promisify(brotliCompress)(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  await writeFile(`${file}.br`, brotli);
  await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
}));
