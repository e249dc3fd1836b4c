import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../gen/duban/v1/access_pb';
import { type Assignment, Assignment_State } from '../gen/duban/v1/assignment_pb';
import type { ReportProgressRequest } from '../gen/duban/v1/assignment_service_pb';
import { Plan_State } from '../gen/duban/v1/plan_pb';
import { assignmentOf, GOVERNMENT, HOUSING, open, refusal, type Services, signedIn } from '../test/world';

/** A node that tells of a change when the test says so. */
class Bell {
  private readonly waiting: ((names: string[]) => void)[] = [];
  private sequence = 0n;

  ring(...names: string[]): void {
    this.waiting.splice(0).forEach((tell) => { tell(names); });
  }
  readonly watch: NonNullable<Services['watch']> = {
    watch: async function* () {
      yield* [];
    },
  };
  constructor() {
    const next = (): Promise<string[]> => new Promise((resolve) => this.waiting.push(resolve));
    const position = () => [{ feed: 'assignment', epoch: 'e', sequence: ++this.sequence }];
    this.watch.watch = async function* () {
      yield { positions: position() };
      for (;;) yield { names: await next(), positions: position() };
    };
  }
  get heard(): boolean {
    return this.waiting.length > 0;
  }
}

function atWork(bell: Bell, one: () => Assignment, more: Services['assignments'] = {}): Services {
  return {
    access: signedIn('王敏', HOUSING, Role.CLERK),
    watch: bell.watch,
    assignments: {
      getAssignment: () => one(),
      getTimeline: () => ({ entries: [] }),
      ...more,
    },
  };
}

describe('a page that is open', () => {
  it('shows what a colleague did, by itself', async () => {
    const bell = new Bell();
    let now = assignmentOf('t-1', { text: '旧的内容', state: Assignment_State.RECEIVED });
    open('/assignments/laojiu/t-1/housing', atWork(bell, () => now));
    await screen.findAllByText('旧的内容');
    await waitFor(() => { expect(bell.heard).toBe(true); });
    now = assignmentOf('t-1', { text: '新的内容', state: Assignment_State.RECEIVED, etag: 'next' });
    bell.ring(now.name);
    expect((await screen.findAllByText('新的内容')).length).toBeGreaterThan(0);
  });

  it('says that what one decides about has changed, keeps what was typed, and overwrites nothing', async () => {
    const bell = new Bell();
    let now = assignmentOf('t-1', { state: Assignment_State.RECEIVED });
    const sent: ReportProgressRequest[] = [];
    open('/assignments/laojiu/t-1/housing', atWork(bell, () => now, {
      reportProgress: (request) => {
        sent.push(request);
        if (request.etag === now.etag) return now;
        throw refusal(Code.Aborted, 'changed', { reason: 'ETAG_MISMATCH', chinese: '已被他人修改' });
      },
    }));
    fireEvent.click((await screen.findAllByRole('button', { name: '报送进展' }))[0] as HTMLElement);
    const text = await screen.findByLabelText('进展情况');
    fireEvent.change(text, { target: { value: '已完成招标' } });
    await waitFor(() => { expect(bell.heard).toBe(true); });
    now = assignmentOf('t-1', { state: Assignment_State.IN_PROGRESS, etag: 'next' });
    bell.ring(now.name);
    await screen.findByText(/此事项刚有变动/);
    const send = screen.getAllByRole('button', { name: '报送进展' }).at(-1) as HTMLElement;
    fireEvent.click(send);
    await waitFor(() => { expect(sent[0]?.etag).toBe('etag-t-1'); });
    await screen.findByText(/已被他人修改/);
    expect((screen.getByLabelText('进展情况') as HTMLTextAreaElement).value).toBe('已完成招标');
    await waitFor(() => { expect(screen.queryByText(/此事项刚有变动/)).toBeNull(); });
    fireEvent.click(send);
    await waitFor(() => { expect(sent[1]?.etag).toBe('next'); });
    expect(sent[1]?.report?.text).toBe('已完成招标');
  });

  it('sends again what may have taken effect as it was sent, whatever is seen by then', async () => {
    const bell = new Bell();
    let now = assignmentOf('t-1', { state: Assignment_State.RECEIVED });
    const sent: ReportProgressRequest[] = [];
    open('/assignments/laojiu/t-1/housing', atWork(bell, () => now, {
      reportProgress: (request) => {
        sent.push(request);
        if (sent.length === 1) throw refusal(Code.Unavailable, 'draining', { reason: 'NOT_SERVING', chinese: '正在停机' });
        return now;
      },
    }));
    fireEvent.click((await screen.findAllByRole('button', { name: '报送进展' }))[0] as HTMLElement);
    fireEvent.change(await screen.findByLabelText('进展情况'), { target: { value: '已完成招标' } });
    await waitFor(() => { expect(bell.heard).toBe(true); });
    const send = screen.getAllByRole('button', { name: '报送进展' }).at(-1) as HTMLElement;
    fireEvent.click(send);
    await screen.findByText(/正在停机/);
    // It had taken effect: the page sees so, and only the answer is missing.
    now = assignmentOf('t-1', { text: '已报送', state: Assignment_State.IN_PROGRESS, etag: 'next' });
    bell.ring(now.name);
    await screen.findAllByText('已报送');
    fireEvent.click(send);
    await waitFor(() => { expect(sent).toHaveLength(2); });
    expect(sent[1]).toMatchObject({ requestId: sent[0]?.requestId, etag: 'etag-t-1' });
  });

  it('does not ask again for what no change makes another', async () => {
    const bell = new Bell();
    let plans = 0;
    let sources = 0;
    open('/plans/laojiu', {
      access: signedIn('林晓', GOVERNMENT, Role.PLANNER),
      watch: bell.watch,
      plans: {
        getPlan: () => {
          ++plans;
          return { name: 'plans/laojiu', title: '方案', drafter: GOVERNMENT, state: Plan_State.DRAFT, sourceSha256: 'abc', etag: 'etag-1' };
        },
      },
      planSources: {
        getPlanSource: ({ name }) => {
          ++sources;
          return { name };
        },
      },
    });
    await waitFor(() => { expect(sources).toBe(1); });
    await waitFor(() => { expect(bell.heard).toBe(true); });
    const before = plans;
    bell.ring('plans/laojiu', 'units/housing');
    await waitFor(() => { expect(plans).toBeGreaterThan(before); });
    await waitFor(() => { expect(bell.heard).toBe(true); });
    expect(sources).toBe(1);
  });

  it('asks for a preview again when the directory changes, and not when its plan may be published', async () => {
    const bell = new Bell();
    let plans = 0;
    let previews = 0;
    open('/plans/laojiu?tab=preview', {
      access: signedIn('林晓', GOVERNMENT, Role.PLANNER),
      watch: bell.watch,
      plans: {
        getPlan: () => {
          ++plans;
          return { name: 'plans/laojiu', title: '方案', drafter: GOVERNMENT, state: Plan_State.DRAFT, etag: 'etag-1' };
        },
        previewPublication: () => {
          ++previews;
          return { etag: 'etag-1', issuance: { orders: 1, assignments: 1, units: 1 } };
        },
      },
    });
    await waitFor(() => { expect(previews).toBe(1); });
    await waitFor(() => { expect(bell.heard).toBe(true); });
    const before = plans;
    bell.ring('plans/laojiu');
    await waitFor(() => { expect(plans).toBeGreaterThan(before); });
    await waitFor(() => { expect(bell.heard).toBe(true); });
    expect(previews).toBe(1);
    bell.ring('units/housing');
    await waitFor(() => { expect(previews).toBe(2); });
  });

  it('says calmly that the line is gone', async () => {
    const services = atWork(new Bell(), () => assignmentOf('t-1', { state: Assignment_State.RECEIVED }));
    services.watch = { watch: async function* () {
      yield* [];
      throw await Promise.resolve(refusal(Code.Unavailable, 'draining', { reason: 'NOT_SERVING', retrySeconds: 1 }));
    } };
    open('/assignments/laojiu/t-1/housing', services);
    expect(await screen.findByText(/系统正在重启或繁忙/)).toBeTruthy();
  });
});
