// What rc-util's Dom/dynamicCSS does, without <style> elements: each style is a constructed style sheet that the
// document adopts. vite.config.ts puts this module in its place.
//
// Sheets are in the order that rc-util would give the elements: those that are to come first, by priority, then the
// others as they came. All of them come after the document's own files, so rules of ours that are to win have to be
// more specific; Ant Design's are of one class each.

interface StyleOptions {
  prepend?: boolean | 'queue';
  priority?: number;
  mark?: string;
}

// What callers do with the element they would have got.
interface StyleHandle {
  setAttribute(name: string, value: string): void;
}

interface Entry {
  key: string;
  css: string;
  first: boolean;
  priority: number;
  sheet: CSSStyleSheet;
  handle: StyleHandle;
}

const entries: Entry[] = [];

function fullKey(key: string, options: StyleOptions): string {
  return `${options.mark ?? 'rc-util-key'}/${key}`;
}

function placeFor(first: boolean, priority: number, atVeryFront: boolean): number {
  if (!first) return entries.length;
  if (atVeryFront) return 0;
  let place = 0;
  entries.forEach((entry, i) => {
    if (entry.first && entry.priority <= priority) place = i + 1;
  });
  return place;
}

function adopt(): void {
  document.adoptedStyleSheets = entries.map((entry) => entry.sheet);
}

function insert(key: string, css: string, options: StyleOptions): Entry {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const first = Boolean(options.prepend);
  const priority = options.priority ?? 0;
  const entry = { key, css, first, priority, sheet, handle: { setAttribute: () => undefined } };
  entries.splice(placeFor(first, priority, options.prepend === true), 0, entry);
  adopt();
  return entry;
}

let unnamed = 0;

export function injectCSS(css: string, options: StyleOptions = {}): StyleHandle {
  unnamed += 1;
  return insert(fullKey(`unnamed-${String(unnamed)}`, options), css, options).handle;
}

export function updateCSS(css: string, key: string, options: StyleOptions = {}): StyleHandle {
  const name = fullKey(key, options);
  const there = entries.find((entry) => entry.key === name);
  if (there === undefined) return insert(name, css, options).handle;
  if (there.css !== css) {
    there.css = css;
    there.sheet.replaceSync(css);
  }
  return there.handle;
}

export function removeCSS(key: string, options: StyleOptions = {}): void {
  const name = fullKey(key, options);
  const place = entries.findIndex((entry) => entry.key === name);
  if (place < 0) return;
  entries.splice(place, 1);
  adopt();
}

export function clearContainerCache(): void {
  // There is no container.
}
