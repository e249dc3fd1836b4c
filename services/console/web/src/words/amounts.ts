// Amounts as people read them.
import type { Duration } from '@bufbuild/protobuf/wkt';

const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `3.4 GB`; of powers of 1,024. */
export function sizeWords(bytes: bigint): string {
  let size = Number(bytes);
  let unit = 0;
  while (size >= 1024 && unit + 1 < SIZES.length) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : String(Math.round(size))} ${SIZES[unit] ?? ''}`;
}

/** `1,234`. */
export function countWords(count: bigint | number): string {
  return count.toLocaleString('en-US');
}

export function secondsOf(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) + duration.nanos / 1e9;
}

/** `2.3 ms`; empty where it is unset. */
export function millisecondWords(duration: Duration | undefined): string {
  return duration === undefined ? '' : `${(secondsOf(duration) * 1000).toFixed(1)} ms`;
}
