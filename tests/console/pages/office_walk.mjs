// The part of the walk through the pages by which an office keeps its house: reminders and calendar of a clerk, the
// directory of a registrar, the three administrators' pages, each with the second factor that their roles ask for.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code of RFC 6238 at a time in seconds. */
function codeAt(secret, seconds) {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest[digest.length - 1] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
}

/** The parts, in their order; `walk` has what walk.mjs walks with. */
export function officeParts({ scene, visit, signIn, picture, fits, offered, SIZES }) {
  /** Signs in for the first time, where there is a password for one time. */
  async function enter(person, size = 'desk', path = '/') {
    const page = await visit(size, path);
    const once = scene.once[person];
    await signIn(page, person, once ?? scene.password);
    if (once !== undefined) {
      await page.getByLabel('新密码').fill(scene.password);
      await page.getByLabel('再输一次').fill(scene.password);
      await page.getByRole('button', { name: '保存并登录' }).click();
    }
    await page.locator('.frame').waitFor();
    return page;
  }

  /** An administrator, whose role takes effect with the second factor. */
  async function administrator(person) {
    const page = await enter(person, 'desk', '/account');
    assert.deepEqual(await offered(page), ['我的账号'], `${person} is offered something before the second factor`);
    await page.getByRole('button', { name: '启用动态口令' }).click();
    const secret = await page.locator('.narrow code').innerText();
    await page.getByLabel(/6 位数字/).fill(codeAt(secret, Date.now() / 1000 + scene.secondsAhead));
    await page.getByRole('button', { name: '完成启用' }).click();
    await page.getByRole('link', { name: '系统' }).waitFor();
    return page;
  }

  async function everySize(page, name, path, there) {
    if (path !== undefined) await page.goto(scene.address + path);
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      await page.locator(there).first().waitFor();
      await fits(page, `${name} at ${width} pixels`);
      await picture(page, `${name}-${size}`);
    }
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: '中文' }).waitFor();
    await fits(page, `${name} in English on a phone`);
    await page.setViewportSize({ width: SIZES.desk[0], height: SIZES.desk[1] });
    await picture(page, `${name}-english`);
    await page.getByRole('button', { name: '中文' }).click();
  }

  async function clerkLooksAhead() {
    const page = await enter(scene.clerk, 'desk', '/calendar?month=2026-10');
    await page.locator('.day-off-mark').first().waitFor();
    await page.getByRole('button', { name: '下一页' }).click();
    const due = page.locator('.month-grid a.day-due').first();
    const count = Number(await due.locator('.day-due-count').textContent());
    await everySize(page, 'calendar', undefined, '.month-grid');
    await due.click();
    await page.locator('.cards > li').first().waitFor();
    assert.equal(await page.locator('.cards > li').count(), count, 'a day has another number of assignments than the calendar says');
    await everySize(page, 'reminders', '/reminders/list', '.time-line');
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), ['提醒', '提醒策略'], 'a clerk is offered more than is for one');
    await page.context().close();
  }

  async function registrar() {
    const page = await enter(scene.registrar, 'desk', '/directory/units?unit=housing');
    await page.locator('.life-line').waitFor();
    await everySize(page, 'directory', undefined, '.ant-tree');
    await page.getByRole('tab', { name: '导入' }).click();
    const content = '编号,名称,类别,上级,启用日期\ndata,区数据局,机构,青禾区政府,2026-03-01\nhousing,区住房城乡建设局,部门,青禾区政府,\n';
    await page.locator('input[type=file]').setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer: Buffer.from(content) });
    await page.getByText('将新增 1 个单位').waitFor();
    await page.getByText('另有 1 行没有变动').waitFor();
    await picture(page, 'directory-import');
    await page.getByRole('button', { name: '导入', exact: true }).click();
    await page.getByText('已导入：新增 1 条').waitFor();
    for (const [day, there] of [['2026-02-28', 0], ['2026-03-01', 1]]) {
      await page.goto(`${scene.address}/directory/units?on=${day}`);
      await page.locator('.ant-tree').getByText('区财政局').waitFor();
      assert.equal(await page.locator('.ant-tree').getByText('区数据局').count(), there, `the tree of ${day}`);
    }
    await page.context().close();
  }

  async function operator() {
    const page = await administrator(scene.operator);
    await everySize(page, 'nodes', '/system/nodes', '.node-picture');
    await page.getByRole('tab', { name: '备份与核对' }).click();
    await page.getByRole('button', { name: '开始核对' }).click();
    await page.locator('.ant-popover').getByRole('button', { name: '开始核对' }).click();
    await page.waitForURL(/\/system\/jobs\/plan\/.+/);
    const address = page.url();
    await page.getByRole('link', { name: '日历' }).click();
    await page.goto(address);
    await page.getByText('已完成').waitFor();
    assert.equal(await page.locator('.light-red').count(), 0, 'the verification found something');
    await picture(page, 'verification');
    await everySize(page, 'policy', '/reminders/policy', '.rung');
    await page.goto(`${scene.address}/system/audit`);
    await page.getByText('没有此页面').waitFor();
    await page.context().close();
  }

  async function auditor() {
    const page = await administrator(scene.auditor);
    await page.goto(`${scene.address}/system/audit?method=DirectoryService/ImportDirectory`);
    await page.getByRole('row', { name: new RegExp(scene.registrar) }).first().waitFor();
    await page.getByRole('button', { name: '开始核验' }).click();
    await page.getByText(/^成立：/).waitFor();
    await everySize(page, 'audit', undefined, '.facts');
    assert.deepEqual(await offered(page), ['系统', '我的账号'], 'an auditor is offered more than is for one');
    await page.context().close();
  }

  async function officer() {
    const page = await administrator(scene.officer);
    assert.deepEqual(await offered(page), ['名录', '系统', '我的账号'], 'a security officer is offered more than is for one');
    await page.goto(`${scene.address}/board`);
    await page.getByText('没有此页面').waitFor();
    await everySize(page, 'people', '/system/people', '.facts');
    await page.goto(`${scene.address}/system/why?person=${scene.clerk}&method=PlanService/PublishPlan&f.issuer=units/qinghe-gov`);
    await page.getByText('不可以').waitFor();
    await picture(page, 'why');
    await page.context().close();
  }

  return [clerkLooksAhead, registrar, operator, auditor, officer];
}
