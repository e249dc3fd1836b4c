// People walk through the console's pages in a real browser: the first sign-in, signing for what is assigned, a report
// and a result, its review, the board and the list behind a figure; what a role may not do is not offered. On the way:
// nothing that the Content-Security-Policy refuses, no script that breaks, nothing from a foreign host.
//
//   node walk.mjs SCENE [PART...]    SCENE as walk.py prints it, JSON; parts are the functions below, all without
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SIZES, fits, keepSession, offered, picture, run, scene, signIn, visit } from './browser.mjs';
import { everyPage } from './every_page.mjs';
import { firstPage } from './first_page.mjs';
import { forged } from './forged.mjs';
import { officeParts } from './office_walk.mjs';
import { planWalk } from './plans.mjs';

// What a report is about: three pieces on the way.
const TABLE = { name: '核对表.csv', mimeType: 'text/csv', buffer: Buffer.alloc(2_500_000, '楼栋,户数\n') };

/** A file of a byte more than may be put in. */
function tooLarge() {
  const path = join(mkdtempSync(join(tmpdir(), 'duban-walk-')), '录像.mp4');
  writeFileSync(path, '');
  truncateSync(path, 25 * 1024 * 1024 + 1);
  return path;
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
  keepSession(scene.newcomer, await page.context().storageState());
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
  await page.locator('input[type=file]').setInputFiles(tooLarge());
  await page.getByText('“录像.mp4”超过 25 MB').waitFor();
  // The line breaks once, and the file goes on.
  await page.route('**/UploadEvidence', (route) => route.abort('connectionreset'), { times: 1 });
  await page.locator('input[type=file]').setInputFiles([TABLE]);
  await page.getByText('已上传').waitFor();
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
  keepSession(scene.clerk, await page.context().storageState());
  await page.context().close();
}

/** What was put in comes out again, to be kept and not to be run. */
async function keptFile(page) {
  await page.goto(`${scene.address}/assignments/${scene.plan}/body-1/housing`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: TABLE.name }).click()]);
  assert.equal(download.suggestedFilename(), TABLE.name);
  assert.ok(readFileSync(await download.path()).equals(TABLE.buffer), 'a file came out as another');
  await page.goto(`${scene.address}/desk`);
}

async function reviewer() {
  const page = await visit('desk');
  await signIn(page, scene.reviewer);
  await page.getByText('待审核').first().waitFor();
  keepSession(scene.reviewer, await page.context().storageState());
  await keptFile(page);
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
  await page.locator('.list-row').first().waitFor();
  assert.equal(await page.locator('.list-row').count(), total, 'a figure is not the length of its list');
  const address = page.url();
  await picture(page, 'assignments');
  // The address alone opens the same list.
  await page.goto(address);
  await page.locator('.list-row').first().waitFor();
  assert.equal(await page.locator('.list-row').count(), total, 'the address does not open the same list');
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
  keepSession(scene.planner, await page.context().storageState());
  await picture(page, 'plan');
  await page.getByRole('tab', { name: /待核实事项/ }).click();
  await page.locator('.finding').first().waitFor();
  await picture(page, 'findings');
  await page.context().close();
}

const importing = planWalk({ scene, visit, signIn, picture, fits });
const office = officeParts({ scene, visit, signIn, keepSession, picture, fits, offered, SIZES });

// Calls are forged before anybody has a second factor.
await run(newcomer, clerk, reviewer, sentBack, planner, importing, forged, ...office, firstPage, everyPage);
