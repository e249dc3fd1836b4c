import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import {
  Assignment_Light,
  Assignment_State,
  ExecutionSchema,
  OversightSchema,
  Review_Verdict,
} from '../../gen/duban/v1/assignment_pb';
import type {
  ListAssignmentsRequest,
  PullAssignmentsRequest,
  ReceiveAssignmentsRequest,
  ReviewSubmissionsRequest,
} from '../../gen/duban/v1/assignment_service_pb';
import { ListIssuerItemsRequest_Wait as Wait } from '../../gen/duban/v1/issuer_service_pb';
import { assignmentOf, GOVERNMENT, HOUSING, open, refusal, refusedResult, type Services, signedIn } from '../../test/world';

const FIRST = assignmentOf('body-1');
const SECOND = assignmentOf('body-2');

function isFor(request: ListAssignmentsRequest, state: Assignment_State): boolean {
  return request.filter?.states.length === 1 && request.filter.states[0] === state;
}

/** A clerk with two things to sign; `answers` may change what signing does. */
function toSign(answers: Services['assignments'] = {}): Services {
  return {
    access: signedIn('王敏', HOUSING, Role.CLERK),
    assignments: {
      getBoard: () => ({ total: { counts: { issued: 2n } } }),
      listAssignments: (request) => ({
        assignments: isFor(request, Assignment_State.ISSUED) ? [FIRST, SECOND] : [],
      }),
      pullAssignments: (request) => ({
        assignments: [FIRST, SECOND].filter((one) => request.names.includes(one.name)),
        leaseToken: 'lease-1',
      }),
      receiveAssignments: (request) => ({ results: request.names.map((name) => ({ name })) }),
      ...answers,
    },
  };
}

describe('the desk of a clerk', () => {
  it('signs for all that is ticked, under one lease', async () => {
    const pulled: PullAssignmentsRequest[] = [];
    const received: ReceiveAssignmentsRequest[] = [];
    open('/desk', toSign({
      pullAssignments: (request) => {
        pulled.push(request);
        return { assignments: [FIRST, SECOND], leaseToken: 'lease-1' };
      },
      receiveAssignments: (request) => {
        received.push(request);
        return { results: request.names.map((name) => ({ name })) };
      },
    }));
    fireEvent.click(await screen.findByLabelText('全选'));
    fireEvent.click(screen.getByRole('button', { name: '签收所选 2 项' }));
    expect(await screen.findByText('已签收 2 项')).toBeTruthy();
    expect(pulled[0]).toMatchObject({ unit: HOUSING, names: [FIRST.name, SECOND.name] });
    expect(received[0]).toMatchObject({ names: [FIRST.name, SECOND.name], leaseToken: 'lease-1' });
    expect(pulled[0]?.requestId).not.toBe(received[0]?.requestId);
  });

  it('says of each that was not signed for why', async () => {
    open('/desk', toSign({
      pullAssignments: () => ({ assignments: [FIRST], leaseToken: 'lease-1', held: [{ name: SECOND.name }] }),
      receiveAssignments: () => ({
        results: [{ name: FIRST.name, error: refusedResult(Code.FailedPrecondition, '已经签收过') }],
      }),
    }));
    fireEvent.click(await screen.findByLabelText('全选'));
    fireEvent.click(screen.getByRole('button', { name: '签收所选 2 项' }));
    const alert = await screen.findByText('2 项没有办成：');
    const told = within(alert.closest('[role=alert]') as HTMLElement);
    expect(told.getByText('任务body-1：已经签收过')).toBeTruthy();
    expect(told.getByText(/任务body-2：已不在待签收之列/)).toBeTruthy();
  });

  it('repeats with the same request id, so that nothing is signed for twice', async () => {
    const ids: string[] = [];
    open('/desk', toSign({
      pullAssignments: (request) => {
        ids.push(request.requestId);
        if (ids.length === 1) throw refusal(Code.Unavailable, 'draining', { chinese: '正在停机' });
        return { assignments: [FIRST], leaseToken: 'lease-1' };
      },
    }));
    fireEvent.click((await screen.findAllByRole('button', { name: '签收' }))[0] as HTMLElement);
    expect(await screen.findByText('正在停机')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: '重试' }));
    await waitFor(() => { expect(ids).toHaveLength(2); });
    expect(ids[1]).toBe(ids[0]);
  });

  it('puts what was sent back before what is only near', async () => {
    const near = assignmentOf('body-3', { state: Assignment_State.RECEIVED, light: Assignment_Light.YELLOW });
    const back = assignmentOf('body-4', {
      state: Assignment_State.IN_PROGRESS,
      light: Assignment_Light.YELLOW,
      execution: create(ExecutionSchema, { submissions: [{ submissionId: 's-1', text: '完成' }] }),
      oversight: create(OversightSchema, { reviews: [{ submissionId: 's-1', verdict: Review_Verdict.RETURNED, comment: '缺管线部分' }] }),
    });
    open('/desk', toSign({
      listAssignments: (request) => ({
        assignments: request.filter?.light === Assignment_Light.YELLOW ? [near, back] : [],
      }),
    }));
    await screen.findByText('任务body-3');
    const sections = screen.getAllByRole('heading', { level: 2 }).map((one) => one.textContent);
    expect(sections).toEqual(['区住房城乡建设局承办', '被退回 1', '临近期限 1']);
    expect(screen.getByText('缺管线部分')).toBeTruthy();
  });

  it('says that there is nothing to do', async () => {
    open('/desk', toSign({ listAssignments: () => ({}) }));
    expect(await screen.findByText('没有要办的事项')).toBeTruthy();
  });
});

describe('the desk of a reviewer', () => {
  const waiting = assignmentOf('body-5', {
    state: Assignment_State.UNDER_REVIEW,
    execution: create(ExecutionSchema, { submissions: [{ submissionId: 's-9', text: '已完成核对' }] }),
  });
  const unread = assignmentOf('body-6', {
    state: Assignment_State.IN_PROGRESS,
    execution: create(ExecutionSchema, { reports: [{ reportId: 'r-1', text: '已开工' }] }),
  });
  const services = (reviewed: ReviewSubmissionsRequest[]): Services => ({
    access: signedIn('李强', GOVERNMENT, Role.REVIEWER),
    issuers: {
      listIssuerItems: ({ issuer, pageToken }) => {
        expect(issuer).toBe(GOVERNMENT);
        // What waits may stand on a later page.
        if (pageToken === '') return { items: [], nextPageToken: 'next' };
        return {
          items: [
            { assignment: waiting, waits: [Wait.REVIEW] },
            { assignment: unread, waits: [Wait.READING] },
          ],
        };
      },
    },
    assignments: {
      reviewSubmissions: (request) => {
        reviewed.push(request);
        return { results: request.items.map((item) => ({ name: item.name })) };
      },
    },
  });

  it('accepts what is ticked, as it was seen', async () => {
    const reviewed: ReviewSubmissionsRequest[] = [];
    open('/desk', services(reviewed));
    fireEvent.click(await screen.findByLabelText('任务body-5'));
    fireEvent.click(screen.getByRole('button', { name: '所选 1 项办结' }));
    expect(await screen.findByText('已办结 1 项')).toBeTruthy();
    expect(reviewed[0]?.items).toMatchObject([
      { name: waiting.name, submissionId: 's-9', verdict: Review_Verdict.ACCEPTED, etag: waiting.etag },
    ]);
  });

  it('does not say that nothing waits while that is still being counted', async () => {
    const counting = services([]);
    counting.issuers = { listIssuerItems: () => ({ items: [], stillCounting: true }) };
    open('/desk', counting);
    expect(await screen.findByText(/正在统计待办事项/)).toBeTruthy();
    expect(screen.queryByText('没有要办的事项')).toBeNull();
  });

  it('has what nobody has read yet', async () => {
    open('/desk', services([]));
    const section = within((await screen.findByRole('heading', { name: /未阅的进展/ })).closest('section') as HTMLElement);
    expect(section.getByText('已开工')).toBeTruthy();
    expect(section.getByText('任务body-6')).toBeTruthy();
    expect(section.queryByText('任务body-5')).toBeNull();
  });

  it('shows the result to whoever judges it, and wants words with what is sent back', async () => {
    open('/desk', services([]));
    fireEvent.click(await screen.findByRole('button', { name: '退回' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('已完成核对')).toBeTruthy();
    fireEvent.click(dialog.getByRole('button', { name: '退回' }));
    expect(await dialog.findByText('请填写此项')).toBeTruthy();
  });
});
