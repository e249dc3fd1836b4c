// Finds the pages: those of the navigation, and one of each kind that they link to. A page that comes to be is found
// here without being named.
import { scene } from './browser.mjs';

/** Nothing is being fetched any more. Streams stay open, so the network is no measure. */
export async function settle(page) {
  await page.locator('main:has(*):not(:has(.ant-spin-spinning))').waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
}

export async function goTo(page, path) {
  await page.goto(scene.address + path);
  await settle(page);
}

/** `assignments/*\/*\/*` of `/assignments/p/t/u`: two of a kind are the same page. */
function kindOf(path) {
  const [first, ...rest] = path.split('/').slice(1);
  return [first, ...rest.map(() => '*')].join('/');
}

/** `assignments`, `assignments-3` for what lies three names below it. */
export function nameOf(path) {
  const [first, ...rest] = path.split('/').slice(1);
  return rest.length === 0 ? first : `${first}-${rest.length}`;
}

// Links of drawings, too, whose `href` is no text.
async function pathsIn(page, selector) {
  const links = await page.locator(selector).evaluateAll((found) => found.map((link) => new URL(link.getAttribute('href'), document.baseURI).href));
  return links.map((link) => new URL(link)).filter((url) => url.origin === scene.address).map((url) => url.pathname);
}

/**
 * Goes to each page that is offered to whoever is signed in and calls `look(path)` there. `seen` holds the kinds of
 * pages that were looked at before, by anybody.
 */
export async function eachPage(page, seen, look) {
  await goTo(page, '/');
  const waiting = await pathsIn(page, '.frame-nav a');
  while (waiting.length > 0) {
    const path = waiting.shift();
    if (seen.has(kindOf(path))) continue;
    seen.add(kindOf(path));
    await goTo(page, path);
    waiting.push(...(await pathsIn(page, 'main a[href]')));
    await look(path);
  }
}
