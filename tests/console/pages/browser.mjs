// The browser that the walks share: who visits, at what size, in which language; and what it complained about on the
// way: nothing that the Content-Security-Policy refuses, no script that breaks, nothing from a foreign host.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

export const require = createRequire(new URL('../../../services/console/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

// As walk.py prints it.
export const scene = JSON.parse(process.argv[2]);
export const SIZES = { desk: [1366, 768], wide: [1920, 1080], phone: [390, 844] };
// Machines that test other things at the same time are slow.
export const PATIENCE = 30_000;

// Containers have little shared memory, and often one user.
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
export const complaints = [];
// The cookies of who has signed in, by name: nobody signs in twice for a look at another page.
const sessions = new Map();

export async function closeBrowser() {
  await browser.close();
}

/**
 * What browsers say by themselves of what has to be: the first question, who is signed in, is answered with 401 where
 * nobody is; and the line breaks where the walk breaks it, while a file goes up.
 */
function isExpected(text, url, isSignedIn) {
  if (text.includes('401')) return !isSignedIn && url.endsWith('AccessService/WhoAmI');
  return text.includes('ERR_CONNECTION_RESET') && url.endsWith('EvidenceService/UploadEvidence');
}

function listen(page, person) {
  let isSignedIn = person !== undefined;
  page.setDefaultTimeout(PATIENCE);
  page.on('response', (response) => { isSignedIn ||= response.url().endsWith('AccessService/SignIn') && response.ok(); });
  page.on('pageerror', (error) => complaints.push(`a script broke: ${error.message}`));
  page.on('console', (message) => {
    const { url } = message.location();
    if (message.type() !== 'error' || isExpected(message.text(), url, isSignedIn)) return;
    complaints.push(`${message.text()} ${url}`);
  });
  page.on('request', (request) => {
    const own = [scene.address, 'data:', 'blob:'].some((begin) => request.url().startsWith(begin));
    if (!own) complaints.push(`asked ${request.url()}`);
  });
}

/** A page of its own browser window; with `person`, signed in as them; empty where `path` is. */
export async function visit(size, path = '/', person = undefined) {
  const [width, height] = SIZES[size];
  const storageState = person === undefined ? undefined : await sessionOf(person);
  const context = await browser.newContext({ viewport: { width, height }, locale: 'zh-CN', storageState });
  const page = await context.newPage();
  listen(page, person);
  if (path !== '') await page.goto(scene.address + path);
  return page;
}

export async function signIn(page, person, password = scene.passwords?.[person] ?? scene.password) {
  await page.getByLabel('用户名').fill(person);
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录' }).click();
}

/** What a browser keeps of a sign-in. */
export async function sessionOf(person) {
  if (!sessions.has(person)) {
    const page = await visit('desk');
    await signIn(page, person);
    await page.locator('.frame').waitFor();
    keepSession(person, await page.context().storageState());
    await page.context().close();
  }
  return sessions.get(person);
}

export function keepSession(person, storageState) {
  sessions.set(person, storageState);
}

export async function picture(page, name) {
  if (scene.pictures === '') return;
  mkdirSync(scene.pictures, { recursive: true });
  // What moves has come to where it goes.
  await page.evaluate(() => {
    for (const one of document.getAnimations()) if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  });
  await page.screenshot({ path: `${scene.pictures}/${name}.png` });
}

/** How many pixels the body is wider than the window. */
export async function tooWide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Nothing is cut off at the side. */
export async function fits(page, name) {
  const over = await tooWide(page);
  assert.ok(over <= 0, `${name} is ${over} pixels too wide`);
}

export async function offered(page) {
  return page.locator('.frame-nav a').allInnerTexts();
}

/** Runs the parts one after another, or those of them that are named behind the scene; says how long each took. */
export async function run(...parts) {
  const named = process.argv.slice(3);
  try {
    for (const part of parts.filter((one) => named.length === 0 || named.includes(one.name))) {
      const begun = Date.now();
      await part();
      console.log(`ok ${part.name} ${Date.now() - begun} ms`);
    }
    assert.deepEqual(complaints, [], 'the browser complained');
  } finally {
    await closeBrowser();
  }
}
