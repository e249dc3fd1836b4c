// What can be wrong with a page for whoever cannot see it well, or has no mouse. Each function looks at a page as it is
// and returns what it found, in words; nothing found is an empty list.
import { readFileSync } from 'node:fs';

import { require, tooWide } from './browser.mjs';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
// So many times Tab leads through the longest page.
const MOST_STOPS = 400;
// Within so many milliseconds a dialog has taken the focus, or given it back.
const SOON = 2_000;

/** What axe-core takes for serious or critical. */
export async function axeFindings(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `axe ${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.html.slice(0, 160)}`).join(' | ')}`);
}

/** Lights that are told by colour alone, or two colours that have one shape. */
export async function lightFindings(page) {
  return page.evaluate(() => {
    const found = [];
    const shapes = new Map();
    for (const light of document.querySelectorAll('[class*="light-"]')) {
      const colour = [...light.classList].find((name) => name.startsWith('light-'));
      const shape = light.querySelector('svg path')?.getAttribute('d') ?? '';
      if (light.textContent.trim() === '') found.push(`${colour} has no word`);
      if (shape === '') found.push(`${colour} has no shape`);
      else if ((shapes.get(shape) ?? colour) !== colour) found.push(`${colour} has the shape of ${shapes.get(shape)}`);
      shapes.set(shape, colour);
    }
    return found;
  });
}

/** Text that is cut off by something that cannot be scrolled, and is not shortened on purpose, with dots. */
async function cutOff(page) {
  return page.evaluate(() => {
    const clips = (way) => way === 'hidden' || way === 'clip';
    // The box that cuts text off; null where it can be seen, scrolled to, or is shortened with dots.
    const cutter = (element, text) => {
      for (let box = element; box !== null && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (style.webkitLineClamp !== 'none' || style.textOverflow === 'ellipsis') return null;
        if (/auto|scroll/.test(style.overflowX + style.overflowY)) return null;
        const edge = box.getBoundingClientRect();
        // What only screen readers are told lies in a box of a pixel.
        if (edge.width <= 1 || edge.height <= 1) return null;
        if (clips(style.overflowX) && (text.right > edge.right + 2 || text.left < edge.left - 2)) return box;
        if (clips(style.overflowY) && (text.bottom > edge.bottom + 4 || text.top < edge.top - 4)) return box;
      }
      return null;
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === '' || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect();
      const box = text.width === 0 ? null : cutter(element, text);
      if (box !== null) found.push(`\`${node.data.trim().slice(0, 40)}\` is cut off by ${box.tagName.toLowerCase()}.${box.className}`);
    }
    return found;
  });
}

/** What makes the body wider than the window, innermost first. */
export async function widthFindings(page) {
  const over = await tooWide(page);
  if (over <= 0) return [];
  const who = await page.evaluate(() => {
    const edge = document.documentElement.clientWidth;
    const beyond = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > edge + 1);
    return beyond.reverse().slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${one.className}`);
  });
  return [`${over} pixels too wide by ${who.join(', ')}`];
}

async function breaks(page) {
  return [...(await widthFindings(page)), ...(await cutOff(page))];
}

/** A browser that is zoomed to 200 % has half the pixels to each side. */
export async function zoomFindings(page, [width, height]) {
  await page.setViewportSize({ width: Math.floor(width / 2), height: Math.floor(height / 2) });
  const found = await breaks(page);
  await page.setViewportSize({ width, height });
  return found.map((one) => `zoomed to 200 %: ${one}`);
}

/** Letters of twice the size. The page has to be loaded anew afterwards. */
export async function largeTextFindings(page) {
  await page.evaluate(() => {
    const all = [...document.body.querySelectorAll('*')].filter((one) => one instanceof HTMLElement);
    const sizes = all.map((one) => parseFloat(getComputedStyle(one).fontSize));
    all.forEach((one, i) => { one.style.setProperty('font-size', `${2 * sizes[i]}px`, 'important'); });
  });
  return (await breaks(page)).map((one) => `text at 200 %: ${one}`);
}

// In the page: what can be acted on and is seen, what the focus does to it, and what it was on.
function installKeyboardProbe() {
  // A field of several choices draws its frame so many elements around what has the focus.
  const DEEPEST = 8;
  const ACTS = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const isActedOn = (element) => {
    if (element.matches(':disabled, [tabindex="-1"]') || element.closest('[aria-hidden="true"], [inert]') !== null) return false;
    // Of radio buttons with one name, and of tabs, arrows lead from one to the next.
    if (element.type === 'radio' && !element.checked) return false;
    if (element.role === 'tab' && element.ariaSelected !== 'true') return false;
    // What is folded away has a size, too.
    if (!element.checkVisibility()) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility === 'visible';
  };
  const told = (element) => {
    const name = element.getAttribute('aria-label') ?? element.innerText ?? element.id;
    return `${element.tagName.toLowerCase()}.${element.className} \`${(name ?? '').trim().slice(0, 30)}\``;
  };
  // What shows the focus is the element's own style, or that of what it is drawn by: beside it, or around it.
  const looks = (element) => {
    for (const moving of document.getAnimations()) {
      if (moving.effect.getComputedTiming().endTime !== Infinity) moving.finish();
    }
    const drawnBy = [element, element.nextElementSibling];
    for (let around = element.parentElement; around !== null && drawnBy.length < DEEPEST; around = around.parentElement) drawnBy.push(around);
    return drawnBy
      .filter((one) => one instanceof Element)
      .map((one) => {
        const style = getComputedStyle(one);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor, style.left].join();
      })
      .join(';');
  };
  const covered = (element) => {
    const box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const over = top?.closest('.frame-header, .frame-nav') ?? null;
    return over !== null && !over.contains(element);
  };
  const reached = new Set();
  const found = [];
  const atRest = new Map([...document.querySelectorAll(ACTS)].map((element) => [element, looks(element)]));
  window.keyboardProbe = {
    /** Whether one sees that what has the focus has it. */
    isSeen() {
      const element = document.activeElement;
      return element === null || element === document.body || atRest.get(element) !== looks(element);
    },
    noteUnseen() {
      found.push(`nobody sees that ${told(document.activeElement)} has the focus`);
    },
    /** Looks at what has the focus now; whether it went round. */
    step() {
      const element = document.activeElement;
      // Once round leads over the body.
      if (element === null || element === document.body) return false;
      if (reached.has(element)) return true;
      reached.add(element);
      if (covered(element)) found.push(`${told(element)} is beneath the frame when it has the focus`);
      return false;
    },
    findings() {
      const left = [...document.querySelectorAll(ACTS)].filter((one) => isActedOn(one) && !reached.has(one));
      return [...found, ...left.map((one) => `Tab does not lead to ${told(one)}`)];
    },
  };
}

/** Whether something holds before long. The Content-Security-Policy keeps Playwright's own way of waiting out. */
async function comes(holds) {
  const end = Date.now() + SOON;
  while (!(await holds())) {
    if (Date.now() > end) return false;
  }
  return true;
}

/** Tab leads to all that can be acted on, and one sees where one is. */
export async function keyboardFindings(page) {
  await page.evaluate(() => { document.activeElement?.blur(); window.scrollTo(0, 0); });
  await page.evaluate(installKeyboardProbe);
  for (let i = 0; i < MOST_STOPS; ++i) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => window.keyboardProbe.step())) break;
    if (!(await comes(() => page.evaluate(() => window.keyboardProbe.isSeen())))) {
      await page.evaluate(() => window.keyboardProbe.noteUnseen());
    }
  }
  return page.evaluate(() => window.keyboardProbe.findings());
}

/** A dialog takes the focus, keeps it, and gives it back to the button that opened it. */
export async function dialogFindings(page, button) {
  const name = (await button.innerText()).trim();
  const found = [];
  const say = (what) => found.push(`the dialog of \`${name}\` ${what}`);
  const isIn = () => page.evaluate(() => document.activeElement?.closest('.ant-modal-wrap, .ant-drawer') !== null);
  await button.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  if (!(await comes(isIn))) say('does not take the focus');
  found.push(...(await axeFindings(page)).map((one) => `the dialog of \`${name}\`: ${one}`));
  const stops = await dialog.locator('a[href], button, input, textarea').count();
  for (let i = 0; i < stops + 3; ++i) {
    await page.keyboard.press('Tab');
    if (!(await isIn())) {
      say('lets the focus out');
      break;
    }
  }
  if (!(await dialog.locator(':focus').count())) await dialog.locator('button, input, textarea').first().focus();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  if (!(await comes(() => button.evaluate((opener) => opener === document.activeElement)))) say('does not give the focus back');
  return found;
}
