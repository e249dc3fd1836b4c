import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { AccessRule_Scope, Role } from '../../../gen/duban/v1/access_pb';
import type { ExplainAccessRequest, GrantRoleRequest } from '../../../gen/duban/v1/access_service_pb';
import { Grant_State } from '../../../gen/duban/v1/person_pb';
import { HOUSING, open, type Services, signedIn } from '../../../test/world';
import { fieldsOf } from '../why/methodFields';

const PEOPLE = [
  { name: 'people/zhou', displayName: '周涛', etag: 'z' },
  { name: 'people/lu', displayName: '卢军', etag: 'l' },
];
const GRANTS = [
  { name: 'people/zhou/grants/g1', role: Role.CLERK, unit: HOUSING, state: Grant_State.HELD, grantedBy: 'people/wang' },
  { name: 'people/lu/grants/g2', role: Role.OPERATOR, state: Grant_State.AWAITING_APPROVAL, grantedBy: 'people/wang' },
  { name: 'people/lu/grants/g3', role: Role.AUDITOR, state: Grant_State.AWAITING_APPROVAL, grantedBy: 'people/other' },
];

function world(access: NonNullable<Services['access']>): Services {
  return {
    access: {
      ...signedIn('王敏', '', Role.SECURITY_OFFICER),
      listPeople: () => ({ people: PEOPLE }),
      listGrants: ({ person }) => ({ grants: GRANTS.filter((one) => one.name.startsWith(person)) }),
      listSessions: () => ({}),
      ...access,
    },
  };
}

describe('people', () => {
  it('who wait for an approval come first', async () => {
    open('/system/people', world({}));
    expect(await screen.findByText('1 项授权待核准')).toBeTruthy();
    const rows = within(screen.getByRole('region', { name: '人员与角色' })).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.querySelector('th')?.textContent)).toEqual(['卢军', '周涛']);
    await waitFor(() => { expect(rows[1]?.textContent).toContain('区住房城乡建设局 经办'); });
  });

  it('are taken in with a password that is shown once', async () => {
    const made: [string, string | undefined][] = [];
    open('/system/people', world({
      createPerson: ({ personId, person }) => {
        made.push([personId, person?.displayName]);
        return { oneTimePassword: 'abcd-efgh' };
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: '新增人员' }));
    fireEvent.change(screen.getByLabelText('用户名'), { target: { value: 'meng' } });
    fireEvent.change(screen.getByLabelText('姓名'), { target: { value: '孟瑶' } });
    fireEvent.click(screen.getAllByRole('button', { name: '新增人员' }).at(-1) as HTMLElement);
    expect(await screen.findByText('abcd-efgh')).toBeTruthy();
    expect(made).toEqual([['meng', '孟瑶']]);
  });

  it('are approved by another officer than the one who granted it', async () => {
    const approved: string[] = [];
    open('/system/people/lu', world({
      approveGrant: ({ name }) => {
        approved.push(name);
        return {};
      },
    }));
    const own = await screen.findByRole('row', { name: /系统管理/ });
    expect(within(own).queryByRole('button', { name: /核.?准/ })).toBeNull();
    const other = screen.getByRole('row', { name: /审计/ });
    fireEvent.click(within(other).getByRole('button', { name: /核.?准/ }));
    await waitFor(() => { expect(approved).toEqual(['people/lu/grants/g3']); });
  });

  it('cannot be granted a role by themselves', async () => {
    const granted: GrantRoleRequest[] = [];
    open('/system/people/wang', world({
      listPeople: () => ({ people: [{ name: 'people/wang', displayName: '王敏' }] }),
      grantRole: (request) => {
        granted.push(request);
        return {};
      },
    }));
    await screen.findByText('还没有授予角色');
    expect(screen.queryByRole('button', { name: '授予角色' })).toBeNull();
  });
});

describe('why', () => {
  it('asks for the fields that the rule of a method looks at', () => {
    expect(fieldsOf('AssignmentService/GetBoard')).toEqual(['filter.unit', 'filter.plan']);
    expect(fieldsOf('NodeService/GetNodeStatus')).toEqual([]);
    expect(fieldsOf('NoService/None')).toEqual([]);
  });

  it('somebody may not is told with what they hold and what the method asks for', async () => {
    const asked: ExplainAccessRequest[] = [];
    open('/system/why?person=zhou&method=AssignmentService/GetBoard&f.filter.unit=units/civil', world({
      explainAccess: (request) => {
        asked.push(request);
        return {
          allowed: false,
          chinese: '您没有此项权限',
          posts: [{ unit: HOUSING, roles: [Role.CLERK] }],
          rule: { rows: [{ roles: [Role.CLERK, Role.PLANNER], scope: AccessRule_Scope.UNIT, field: 'filter.unit', below: true }] },
        };
      },
    }));
    expect(await screen.findByText('不可以')).toBeTruthy();
    expect(screen.getByText('经办或计划管理：“filter.unit”所指单位，或其上级')).toBeTruthy();
    expect(asked[0]).toMatchObject({
      person: 'people/zhou', method: 'duban.v1.AssignmentService/GetBoard', fields: [{ path: 'filter.unit', value: 'units/civil' }],
    });
  });
});
