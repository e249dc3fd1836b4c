// Every page that anybody is offered, and one of each kind that these link to: at three sizes, in both languages, with
// twice the size, by axe-core and by keyboard. Pages are found (discover.mjs), not named.
import assert from 'node:assert/strict';

import { picture, scene, SIZES, visit } from './browser.mjs';
import { eachPage, goTo, nameOf, settle } from './discover.mjs';
import {
  axeFindings,
  dialogFindings,
  keyboardFindings,
  largeTextFindings,
  lightFindings,
  widthFindings,
  zoomFindings,
} from './findings.mjs';

async function setSize(page, size) {
  const [width, height] = SIZES[size];
  await page.setViewportSize({ width, height });
  await settle(page);
}

async function switchLanguage(page) {
  await page.locator('.frame-header').getByRole('button', { name: /^(English|中文)$/ }).click();
  await settle(page);
}

/** At every size, in the language that is set. */
async function sizes(page, name, language) {
  const found = [];
  for (const size of Object.keys(SIZES)) {
    await setSize(page, size);
    found.push(...(await widthFindings(page)).map((one) => `${size}, ${language}: ${one}`));
    await picture(page, language === 'zh' ? `${name}-${size}` : `${name}-${size}-${language}`);
  }
  // The last was the phone.
  found.push(...(await axeFindings(page)).map((one) => `phone, ${language}: ${one}`));
  await setSize(page, 'desk');
  found.push(...(await axeFindings(page)).map((one) => `desk, ${language}: ${one}`));
  return found;
}

async function tabs(page, name) {
  const found = [];
  const all = page.getByRole('tab');
  for (let i = 1; i < (await all.count()); ++i) {
    await all.nth(i).click();
    await settle(page);
    await picture(page, `${name}-tab-${i + 1}`);
    found.push(...(await axeFindings(page)), ...(await keyboardFindings(page)));
    found.push(...(await widthFindings(page)));
    found.push(...(await zoomFindings(page, SIZES.desk)));
  }
  return found.map((one) => `tab: ${one}`);
}

async function dialogs(page) {
  const found = [];
  const openers = page.locator('main button[aria-haspopup="dialog"]:visible');
  const names = new Set();
  for (let i = 0; i < (await openers.count()); ++i) {
    const name = await openers.nth(i).innerText();
    if (names.has(name)) continue;
    names.add(name);
    found.push(...(await dialogFindings(page, openers.nth(i))));
  }
  return found;
}

async function lookAt(page, path) {
  const name = nameOf(path);
  const found = await sizes(page, name, 'zh');
  found.push(...(await lightFindings(page)), ...(await zoomFindings(page, SIZES.desk)));
  found.push(...(await keyboardFindings(page)), ...(await dialogs(page)), ...(await tabs(page, name)));
  await goTo(page, path);
  await switchLanguage(page);
  found.push(...(await sizes(page, name, 'en')));
  found.push(...(await largeTextFindings(page)).map((one) => `en: ${one}`));
  await goTo(page, path);
  await switchLanguage(page);
  found.push(...(await largeTextFindings(page)));
  await goTo(page, path);
  return found.map((one) => `${path}: ${one}`);
}

export async function everyPage() {
  const seen = new Set();
  const found = [];
  const waiting = [...scene.people];
  const next = async () => {
    const person = waiting.shift();
    if (person === undefined) return;
    const page = await visit('desk', '/', person);
    // What somebody sees first differs by who they are.
    seen.delete('desk');
    await eachPage(page, seen, async (path) => {
      const begun = Date.now();
      found.push(...(await lookAt(page, path)));
      console.log(`   ${person} ${path} ${Date.now() - begun} ms`);
    });
    await page.context().close();
    await next();
  };
  // Two at a time: what one waits for, the other uses.
  await Promise.all([next(), next()]);
  assert.ok(seen.size >= 6, `only ${[...seen].join(', ')} were found`);
  assert.deepEqual(found, [], 'pages are not for everybody');
}
