import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Assignment_Light, Assignment_State } from '../../gen/duban/v1/assignment_pb';
import type { ListAssignmentsRequest } from '../../gen/duban/v1/assignment_service_pb';
import { assignmentOf, HOUSING, open, refusal, type Services, signedIn } from '../../test/world';

function listing(asked: ListAssignmentsRequest[], answer: NonNullable<Services['assignments']>['listAssignments']): Services {
  return {
    access: signedIn('王敏', HOUSING, Role.CLERK),
    assignments: {
      listAssignments: (request, context) => {
        asked.push(request);
        return answer?.(request, context) ?? {};
      },
    },
  };
}

describe('the list', () => {
  it('asks for what the address says', async () => {
    const asked: ListAssignmentsRequest[] = [];
    open('/assignments?unit=housing&state=issued,received&light=red&order=due', listing(asked, () => ({ assignments: [assignmentOf('body-1')] })));
    expect(await screen.findByText('任务body-1')).toBeTruthy();
    expect(asked[0]).toMatchObject({
      orderBy: 'due',
      filter: { unit: HOUSING, states: [Assignment_State.ISSUED, Assignment_State.RECEIVED], light: Assignment_Light.RED },
    });
  });

  it('is that of one’s own unit where the address says nothing', async () => {
    const asked: ListAssignmentsRequest[] = [];
    open('/assignments', listing(asked, () => ({ assignments: [assignmentOf('body-1')] })));
    await screen.findByText('任务body-1');
    expect(asked[0]?.filter).toMatchObject({ unit: HOUSING, plan: '' });
  });

  it('goes on to the next page as it is scrolled, and says how many there are', async () => {
    open('/assignments?unit=housing', listing([], (request) =>
      request.pageToken === '' ? { assignments: [assignmentOf('body-1')], nextPageToken: 'two' } : { assignments: [assignmentOf('body-2')] }));
    expect(await screen.findByText('任务body-2')).toBeTruthy();
    expect(screen.getByText('任务body-1')).toBeTruthy();
    expect(await screen.findByText('共 2 项')).toBeTruthy();
  });

  it('passes over empty pages that have a next one', async () => {
    const asked: ListAssignmentsRequest[] = [];
    open('/assignments?unit=housing', listing(asked, (request) =>
      request.pageToken === '' ? { nextPageToken: 'two' } : { assignments: [assignmentOf('body-2')] }));
    expect(await screen.findByText('任务body-2')).toBeTruthy();
    expect(asked.map((one) => one.pageToken)).toEqual(['', 'two']);
  });

  it('is cleared where nothing matches', async () => {
    const asked: ListAssignmentsRequest[] = [];
    open('/assignments?unit=housing&light=red', listing(asked, () => ({})));
    expect(await screen.findByText('没有符合条件的事项')).toBeTruthy();
    fireEvent.click(screen.getAllByRole('button', { name: '清除条件' }).at(-1) as HTMLElement);
    await waitFor(() => { expect(asked.at(-1)?.filter?.light).toBe(Assignment_Light.LIGHT_UNSPECIFIED); });
  });

  it('says who may, to whoever may not', async () => {
    open('/assignments?unit=civil', listing([], () => {
      throw refusal(Code.PermissionDenied, 'not yours', { reason: 'NOT_ALLOWED', chinese: '须是区民政局的经办' });
    }));
    expect(await screen.findByText('须是区民政局的经办')).toBeTruthy();
    expect(screen.getByText('您没有此项权限')).toBeTruthy();
  });
});

describe('a light', () => {
  it('is told by its shape and its word', async () => {
    const lights = [Assignment_Light.GREEN, Assignment_Light.YELLOW, Assignment_Light.RED, Assignment_Light.GREY];
    open('/assignments?unit=housing', listing([], () => ({
      assignments: lights.map((light, i) => assignmentOf(`body-${String(i + 1)}`, { light })),
    })));
    await screen.findByText('任务body-1');
    const shapes = ['绿', '黄', '红', '灰'].map((word) => {
      const light = screen.getAllByText(word).find((one) => one.parentElement?.classList.contains('light') === true);
      return light?.parentElement?.querySelector('path')?.getAttribute('d');
    });
    expect(new Set(shapes).size).toBe(4);
    expect(shapes).not.toContain(undefined);
  });
});
