// Scrolls the list to its end and goes back: all of it is there, what is there at a time is bounded, and whoever opens
// one assignment comes back to where they were.
//
//   node long_list.mjs SCENE    SCENE as long_list.py prints it, JSON
import assert from 'node:assert/strict';

import { run, scene, signIn, visit } from './browser.mjs';

// Rows that are there at a time: those of the pages within 1,500 pixels of what is seen.
const MOST_ROWS = 800;
// What the page may take more at the end than at the beginning, in bytes: where its pages begin, and how high they are.
const MOST_GROWTH = 40e6;

const rows = (page) => page.locator('.list-row').count();

async function heap(page, session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((one) => one.name === 'JSHeapUsedSize').value;
}

/** The row at the top of the window, in words. */
async function topRow(page) {
  return page.evaluate(() => {
    const below = [...document.querySelectorAll('.list-row')].find((row) => row.getBoundingClientRect().top >= 100);
    return below?.innerText ?? '';
  });
}

/** Scrolls down until the list says that this is all; returns the most rows that were there at a time. */
async function toTheEnd(page) {
  let most = 0;
  for (;;) {
    const state = await page.evaluate(async () => {
      window.scrollTo(0, document.documentElement.scrollHeight);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const status = [...document.querySelectorAll('main [role=status]')].at(-1)?.innerText ?? '';
      return { rows: document.querySelectorAll('.list-row').length, ended: status.startsWith('共 ') };
    });
    most = Math.max(most, state.rows);
    if (state.ended) return most;
  }
}

async function scrolls() {
  const page = await visit('desk', `/assignments?plan=${scene.plan}`);
  await signIn(page, scene.planner);
  await page.locator('.list-row').first().waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.enable');
  const first = await topRow(page);
  const before = await heap(page, session);

  const begun = Date.now();
  const most = await toTheEnd(page);
  await page.getByText(`共 ${scene.count} 项`).waitFor();
  const seconds = (Date.now() - begun) / 1000;
  const growth = (await heap(page, session)) - before;
  console.log(`   ${scene.count} in ${seconds.toFixed(1)} s, at most ${most} rows at a time, ${(growth / 1e6).toFixed(1)} MB more than at first`);
  assert.ok(most <= MOST_ROWS, `${most} rows at a time`);
  assert.ok(growth <= MOST_GROWTH, `${growth} bytes more than at first`);

  // Into the middle, where nothing is there until it is fetched again; open one, and come back to it.
  await page.evaluate(() => { window.scrollTo(0, document.documentElement.scrollHeight / 2); });
  await page.locator('.list-row').first().waitFor();
  assert.notEqual(await topRow(page), first);
  const links = page.locator('.list-row a');
  const one = links.nth(Math.floor((await links.count()) / 2));
  await one.scrollIntoViewIfNeeded();
  const place = await page.evaluate(() => window.scrollY);
  await one.click();
  await page.locator('.timeline').waitFor();
  await page.goBack();
  await page.locator('.list-row').first().waitFor();
  const back = await page.evaluate(() => window.scrollY);
  assert.ok(Math.abs(back - place) < 100, `came back to ${back}, was at ${place}`);

  await page.evaluate(() => { window.scrollTo(0, 0); });
  await page.locator('.list-row').first().waitFor();
  for (let i = 0; (await topRow(page)) !== first && i < 100; ++i) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await topRow(page), first, 'the beginning is another than it was');
  assert.ok((await rows(page)) <= MOST_ROWS);
  await page.context().close();
}

await run(scrolls);
