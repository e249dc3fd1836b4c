// A planner's part of the walk: a document is dropped, what was unclear in it is settled, a task is mended, a task of
// the city is taken on, and the plan is published.
import assert from 'node:assert/strict';

/** `tools`: the browser of the walk. */
export function planWalk({ scene, visit, signIn, picture, fits }) {
  const open = (page) => page.locator('.desk-bar').getByRole('status').innerText();

  const SIZES = { wide: [1920, 1080], phone: [390, 844], desk: [1366, 768] };

  async function everySize(page, name) {
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      await fits(page, `${name} at ${width} pixels`);
      await picture(page, `${name}-${size}`);
    }
  }

  /** The original beside the reading; questions by keyboard; a task mended in its place. */
  async function check(page) {
    const task = page.locator('.task-card').filter({ hasText: '更换46个小区' });
    await task.hover();
    await page.locator('.source .lit').filter({ hasText: '更换46个小区' }).waitFor();
    await everySize(page, 'draft');
    await page.getByRole('button', { name: '采纳 7 项' }).click();
    await page.getByText('8 项任务，3 个待核实，其中 3 个须先处理才能发布').waitFor();
    // The rest by keyboard: the deadline that is proposed for all, the name, and who has to act where nobody is named.
    await page.getByRole('button', { name: '下一个待核实' }).click();
    await page.keyboard.press('a');
    await page.locator('.question.current').filter({ hasText: '区民证局' }).waitFor();
    await page.keyboard.press('m');
    await page.keyboard.press('1');
    await page.locator('.question.current').filter({ hasText: '没有责任单位' }).waitFor();
    await page.keyboard.press('r');
    await page.locator('.question.current input:focus').waitFor();
    await page.keyboard.type('区财政局');
    await page.waitForFunction(() => document.activeElement?.value === '区财政局');
    await page.keyboard.press('Enter');
    await page.getByText('8 项任务，已全部核实').waitFor();
    await picture(page, 'draft-clean');
    await task.focus();
    await page.keyboard.press('e');
    const text = page.getByLabel('任务内容');
    await text.fill('更换46个小区的老化燃气立管和户内软管，9月底前完成。');
    await everySize(page, 'draft-edit');
    await page.keyboard.press('Control+Enter');
    await page.locator('.task-card').filter({ hasText: '户内软管' }).waitFor();
  }

  async function takeOn(page) {
    await page.getByRole('link', { name: '承接', exact: true }).click();
    await page.getByText('3 项上级任务还没有承接，本计划承接 0 项').waitFor();
    const row = page.locator('.pair').filter({ hasText: '消除安全隐患' });
    await row.focus();
    await everySize(page, 'take-on');
    await page.keyboard.press('y');
    await page.getByText('2 项上级任务还没有承接，本计划承接 1 项').waitFor();
    await page.getByRole('link', { name: '打开计划' }).click();
  }

  async function publish(page) {
    await page.getByRole('tab', { name: '发布预览' }).click();
    await page.getByRole('button', { name: /^发\s*布$/ }).click();
    await page.locator('.ant-popconfirm').getByRole('button', { name: /^发\s*布$/ }).click();
    await page.getByText('已发布').first().waitFor();
    await page.getByRole('link', { name: '承接', exact: true }).click();
    await page.getByRole('tab', { name: '各单位承接情况' }).click();
    await page.locator('.matrix td.taken-open').first().waitFor();
    await everySize(page, 'matrix');
  }

  async function importing() {
    const page = await visit('desk', '/import');
    await signIn(page, scene.planner);
    await page.locator('input[type=file]').setInputFiles(scene.document);
    await page.locator('.desk-bar').waitFor();
    assert.equal(await open(page), '8 项任务，10 个待核实，其中 10 个须先处理才能发布');
    await check(page);
    await takeOn(page);
    await publish(page);
    await page.context().close();
  }

  return importing;
}
