// People walk through the console's pages in a real browser: the first sign-in, signing for what is assigned, a report
// and a result, its review, the board and the list behind a figure; what a role may not do is not offered. On the way:
// nothing that the Content-Security-Policy refuses, no script that breaks, nothing from a foreign host.
//
//   node walk.mjs SCENE    SCENE as walk.py prints it, JSON
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

import { officeParts } from './office_walk.mjs';

const require = createRequire(new URL('../../../services/console/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const scene = JSON.parse(process.argv[2]);
const SIZES = { desk: [1366, 768], wide: [1920, 1080], phone: [390, 844] };
// Machines that test other things at the same time are slow.
const PATIENCE = 30_000;

// Containers have little shared memory, and often one user.
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const complaints = [];

async function visit(size, path = '/') {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({ viewport: { width, height }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => complaints.push(`a script broke: ${error.message}`));
  page.on('console', (message) => {
    // The first question, who is signed in, is answered with 401 where nobody is; browsers say so by themselves.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(scene.address) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(scene.address + path);
  return page;
}

async function signIn(page, person, password = scene.password) {
  await page.getByLabel('用户名').fill(person);
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录' }).click();
}

async function picture(page, name) {
  if (scene.pictures === '') return;
  mkdirSync(scene.pictures, { recursive: true });
  await page.screenshot({ path: `${scene.pictures}/${name}.png` });
}

/** Nothing is cut off at the side. */
async function fits(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${name} is ${over} pixels too wide`);
}

async function offered(page) {
  return page.locator('.frame-nav a').allInnerTexts();
}

async function newcomer() {
  const page = await visit('phone');
  await signIn(page, scene.newcomer, scene.once[scene.newcomer]);
  await page.getByText('请设置新密码').waitFor();
  await picture(page, 'new-password-phone');
  await page.getByLabel('新密码').fill(scene.password);
  await page.getByLabel('再输一次').fill(scene.password);
  await page.getByRole('button', { name: '保存并登录' }).click();
  await page.getByText('待签收').first().waitFor();
  await fits(page, 'the desk on a phone');
  await picture(page, 'desk-phone');
  await page.getByRole('button', { name: '签收', exact: true }).first().click();
  await page.getByText('已签收 1 项').waitFor();
  await page.context().close();
}

async function clerk() {
  const page = await visit('desk');
  await signIn(page, scene.clerk);
  await page.getByText('全选').click();
  await picture(page, 'desk');
  await page.getByRole('button', { name: /签收所选 \d 项/ }).click();
  await page.getByText(/已签收 \d 项/).waitFor();
  await page.getByRole('link', { name: '交办', exact: true }).click();
  await page.getByRole('link', { name: /逐栋核对/ }).click();
  await page.getByRole('button', { name: '报送进展' }).click();
  await page.getByLabel('进展情况').fill('已核对31个小区，其余周四完成。');
  await page.getByLabel('完成百分比').fill('70');
  await picture(page, 'report');
  await page.getByRole('dialog').getByRole('button', { name: '报送进展' }).click();
  await page.getByText('进展已报送').waitFor();
  await page.getByRole('button', { name: '申请办结' }).click();
  await page.getByLabel('办理结果').fill('46个小区核对完毕，核对表已报送。');
  await page.getByRole('dialog').getByRole('button', { name: '申请办结' }).click();
  await page.getByText('已申请办结，等待审核').waitFor();
  await page.locator('.timeline').getByText('申请办结').waitFor();
  // What waits for review is the issuer's turn.
  assert.equal(await page.locator('.act-bar').count(), 0, 'a clerk is offered something while a result waits for review');
  await picture(page, 'assignment');
  await page.context().close();
}

async function reviewer() {
  const page = await visit('desk');
  await signIn(page, scene.reviewer);
  await page.getByText('待审核').first().waitFor();
  await picture(page, 'review');
  await page.getByRole('button', { name: '退回' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('46个小区核对完毕').waitFor();
  await dialog.getByLabel(/请写明缺少什么/).fill('缺管线部分，请补充。');
  await dialog.getByRole('button', { name: '退回' }).click();
  await page.getByText('已退回').waitFor();

  await page.getByRole('link', { name: '看板' }).click();
  const row = page.locator('.board tbody tr').filter({ hasText: '区住房城乡建设局' });
  const total = Number(await row.locator('td').first().innerText());
  await fits(page, 'the board');
  await picture(page, 'board');
  await row.locator('td').first().getByRole('link').click();
  await page.locator('.ant-table-row').first().waitFor();
  assert.equal(await page.locator('.ant-table-row').count(), total, 'a figure is not the length of its list');
  const address = page.url();
  await picture(page, 'assignments');
  // The address alone opens the same list.
  await page.goto(address);
  await page.locator('.ant-table-row').first().waitFor();
  assert.equal(await page.locator('.ant-table-row').count(), total, 'the address does not open the same list');
  await page.context().close();
}

async function sentBack() {
  const page = await visit('wide');
  await signIn(page, scene.clerk);
  await page.getByRole('heading', { name: /被退回/ }).waitFor();
  await picture(page, 'desk-wide');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: /Sent back/ }).waitFor();
  await picture(page, 'desk-english');
  await page.context().close();
}

async function planner() {
  const page = await visit('desk', `/plans/${scene.plan}`);
  await signIn(page, scene.planner);
  await page.getByRole('tab', { name: /任务（\d+）/ }).waitFor();
  await picture(page, 'plan');
  await page.getByRole('tab', { name: /待核实事项/ }).click();
  await page.locator('.finding').first().waitFor();
  await picture(page, 'findings');
  await page.context().close();
}

async function everySize() {
  const page = await visit('desk');
  await signIn(page, scene.reviewer);
  await page.locator('.frame').waitFor();
  for (const [name, path, there] of [
    ['assignments', `/assignments?plan=${scene.plan}`, '.card-text'],
    ['assignment', `/assignments/${scene.plan}/body-1/housing`, '.timeline li'],
    ['board', `/board?plan=${scene.plan}`, '.board tbody td'],
    ['plans', '/plans', '.card-text'],
    ['plan', `/plans/${scene.plan}`, '.task'],
    ['account', '/account', '.ant-card'],
  ]) {
    await page.goto(scene.address + path);
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      await page.locator(there).first().waitFor();
      await fits(page, `${name} at ${width} pixels`);
      await picture(page, `${name}-${size}`);
    }
  }
  await page.context().close();
}

const office = officeParts({ scene, visit, signIn, picture, fits, offered, SIZES });

try {
  for (const part of [newcomer, clerk, reviewer, sentBack, planner, everySize, ...office]) {
    const begun = Date.now();
    await part();
    console.log(`ok ${part.name} ${Date.now() - begun} ms`);
  }
  assert.deepEqual(complaints, [], 'the browser complained');
} finally {
  await browser.close();
}
