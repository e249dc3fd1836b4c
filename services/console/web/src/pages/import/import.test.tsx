import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Plan_State, PlanSchema } from '../../gen/duban/v1/plan_pb';
import type { ImportPlanRequest } from '../../gen/duban/v1/plan_service_pb';
import { GOVERNMENT, open, refusal, type Services, signedIn } from '../../test/world';
import { MOST_BYTES } from './documents';

function planning(plans: NonNullable<Services['plans']>): Services {
  return { access: signedIn('林晓', GOVERNMENT, Role.PLANNER), plans };
}

function draft(name: string) {
  return create(PlanSchema, { name, title: '工作要点', state: Plan_State.DRAFT, drafter: GOVERNMENT, tasks: [{ taskId: 'body-1', text: '一件事' }] });
}

function file(name: string, content = '1.一件事'): File {
  return new File([content], name, { lastModified: 7 });
}

async function drop(...files: File[]): Promise<void> {
  const zone = (await screen.findByText('把文件拖到这里，或者点击选择')).closest('.drop') as HTMLElement;
  fireEvent.drop(zone, { dataTransfer: { files } });
}

describe('importing', () => {
  it('takes a single document straight to its desk', async () => {
    const imported: ImportPlanRequest[] = [];
    open('/import', planning({
      importPlan: (request) => {
        imported.push(request);
        return draft('plans/p1');
      },
      getPlan: () => draft('plans/p1'),
    }));
    await drop(file('要点.txt'));
    expect(await screen.findByText('1 项任务，已全部核实')).toBeTruthy();
    expect(imported[0]).toMatchObject({ sourceName: '要点.txt', unit: GOVERNMENT, keepWithoutTasks: false });
    expect(new TextDecoder().decode(imported[0]?.content)).toBe('1.一件事');
    expect(imported[0]?.hints).toBeUndefined();
  });

  it('tells of each of several what became of it, and what to do next', async () => {
    const imported: ImportPlanRequest[] = [];
    open('/import', planning({
      importPlan: (request) => {
        imported.push(request);
        if (request.sourceName === '好.txt' || request.keepWithoutTasks) return draft(`plans/p${String(imported.length)}`);
        throw refusal(Code.InvalidArgument, 'unreadable', { reason: 'UNREADABLE_DOCUMENT', chinese: '没有从中读出任务' });
      },
      parsePlan: () => ({}),
    }));
    await drop(file('空.txt'), file('好.txt'), file('大.txt', 'x'.repeat(MOST_BYTES + 1)));
    expect(await screen.findByText('没有从中读出任务')).toBeTruthy();
    expect(await screen.findByText(/文件有 3.0 MB，最多 3 MB/)).toBeTruthy();
    expect((await screen.findByText('对照原文核对')).getAttribute('href')).toBe('/plans/p2');
    expect(imported.map((one) => one.sourceName)).toEqual(['空.txt', '好.txt']);
    fireEvent.click(screen.getByRole('button', { name: '保留为空草稿，手工添加任务' }));
    await waitFor(() => { expect(imported).toHaveLength(3); });
    expect(imported[2]).toMatchObject({ sourceName: '空.txt', keepWithoutTasks: true });
    expect(imported[2]?.requestId).not.toBe(imported[0]?.requestId);
  });

  it('offers no draft of what cannot be read at all', async () => {
    const unreadable = refusal(Code.InvalidArgument, 'unreadable', { reason: 'UNREADABLE_DOCUMENT', chinese: '旧版 Word 文件请另存为 docx' });
    open('/import', planning({ importPlan: () => { throw unreadable; }, parsePlan: () => { throw unreadable; } }));
    await drop(file('旧.doc'));
    expect(await screen.findByText('旧版 Word 文件请另存为 docx')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '保留为空草稿，手工添加任务' })).toBeNull();
  });

  it('sends again with the same id what may have been taken', async () => {
    const imported: ImportPlanRequest[] = [];
    open('/import', planning({
      importPlan: (request) => {
        imported.push(request);
        throw refusal(Code.Unavailable, 'draining');
      },
    }));
    await drop(file('要点.txt'));
    fireEvent.click(await screen.findByRole('button', { name: '再试一次' }));
    await waitFor(() => { expect(imported).toHaveLength(2); });
    expect(imported[0]?.requestId).toBe(imported[1]?.requestId);
  });

  it('says what a person said of the layout', async () => {
    const imported: ImportPlanRequest[] = [];
    open('/import', planning({
      importPlan: (request) => {
        imported.push(request);
        return draft('plans/p1');
      },
      getPlan: () => draft('plans/p1'),
    }));
    fireEvent.change(await screen.findByLabelText('各栏名称，从左到右'), { target: { value: '序号、任务，牵头单位' } });
    fireEvent.click(screen.getByLabelText('该单位以后的文件也这样读'));
    await drop(file('要点.txt'));
    await waitFor(() => { expect(imported).toHaveLength(1); });
    expect(imported[0]).toMatchObject({ hints: { columns: ['序号', '任务', '牵头单位'], firstLine: 0 }, rememberHints: true });
  });

  it('is not for whoever plans nothing', async () => {
    open('/import', { access: signedIn('王敏', 'units/housing', Role.CLERK) });
    expect(await screen.findByText('没有此页面')).toBeTruthy();
  });
});
