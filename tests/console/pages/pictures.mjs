// Pictures of every page that somebody is offered, at a desk and on a phone, in Chinese; of those that they link to and
// of their tabs, too.
//
//   node pictures.mjs SCENE    SCENE as tools/demo_console.py gives it, JSON
import { picture, run, scene, SIZES, visit } from './browser.mjs';
import { eachPage, goTo, nameOf, settle } from './discover.mjs';

async function takeAll(page, path) {
  for (const size of ['phone', 'desk']) {
    const [width, height] = SIZES[size];
    await page.setViewportSize({ width, height });
    await settle(page);
    await picture(page, `${nameOf(path)}-${size}`);
  }
  const tabs = page.getByRole('tab');
  for (let i = 1; i < (await tabs.count()); ++i) {
    await tabs.nth(i).click();
    await settle(page);
    await picture(page, `${nameOf(path)}-tab-${i + 1}`);
  }
  await goTo(page, path);
}

async function pictures() {
  const seen = new Set();
  for (const person of scene.people) {
    const page = await visit('desk', '/', person);
    await eachPage(page, seen, (path) => takeAll(page, path));
    // Everybody's desk is another.
    await goTo(page, '/');
    await picture(page, `desk-${person}`);
    await page.context().close();
  }
}

await run(pictures);
