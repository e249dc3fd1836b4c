import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../gen/duban/v1/access_pb';
import type { ChangePasswordRequest, SignInRequest } from '../gen/duban/v1/access_service_pb';
import { Assignment_State } from '../gen/duban/v1/assignment_pb';
import { assignmentOf, HOUSING, open, refusal, type Services, signedIn } from '../test/world';

const ENDED = (): never => {
  throw refusal(Code.Unauthenticated, 'not signed in', { reason: 'NOT_AUTHENTICATED', metadata: { cause: 'SESSION' } });
};

async function type(label: string | RegExp, value: string): Promise<void> {
  fireEvent.change(await screen.findByLabelText(label), { target: { value } });
}

describe('signing in', () => {
  it('leads to the page that the address names', async () => {
    let isIn = false;
    const signIns: SignInRequest[] = [];
    open('/account', {
      access: {
        whoAmI: (request, context) => (isIn ? (signedIn('王敏', HOUSING, Role.CLERK).whoAmI?.(request, context) ?? {}) : ENDED()),
        signIn: (request) => {
          signIns.push(request);
          isIn = true;
          return {};
        },
      },
    });
    await screen.findByRole('button', { name: '登录' });
    await type('用户名', 'wang');
    await type('密码', 'secret');
    await type('动态口令', '123456');
    fireEvent.click(screen.getByRole('button', { name: '登录' }));
    expect(await screen.findByRole('heading', { name: '我的账号' })).toBeTruthy();
    expect(signIns[0]).toMatchObject({ person: 'people/wang', password: 'secret', code: '123456' });
  });

  it('asks for a new password where the old one is for one time, and goes on with it', async () => {
    let password = 'once';
    const changes: ChangePasswordRequest[] = [];
    const signIns: string[] = [];
    open('/', {
      access: {
        whoAmI: ENDED,
        signIn: (request) => {
          signIns.push(request.password);
          return { needsPasswordChange: password === 'once' };
        },
        changePassword: (request) => {
          changes.push(request);
          password = request.newPassword;
          return {};
        },
      },
    });
    await screen.findByRole('button', { name: '登录' });
    await type('用户名', 'zhao');
    await type('密码', 'once');
    fireEvent.click(screen.getByRole('button', { name: '登录' }));
    expect(await screen.findByText('请设置新密码')).toBeTruthy();
    await type('新密码', 'Qinghe-Xinju-2026');
    await type('再输一次', 'Qinghe-Xinju-2027');
    fireEvent.click(screen.getByRole('button', { name: '保存并登录' }));
    expect(await screen.findByText('两次输入不一致')).toBeTruthy();
    expect(changes).toHaveLength(0);
    await type('再输一次', 'Qinghe-Xinju-2026');
    fireEvent.click(screen.getByRole('button', { name: '保存并登录' }));
    await waitFor(() => { expect(signIns).toEqual(['once', 'Qinghe-Xinju-2026']); });
    expect(changes[0]).toMatchObject({ person: 'people/zhao', password: 'once', newPassword: 'Qinghe-Xinju-2026' });
  });

  it('says in plain words that it was not right', async () => {
    open('/', {
      access: {
        whoAmI: ENDED,
        signIn: () => {
          throw refusal(Code.Unauthenticated, 'no', { metadata: { cause: 'SIGN_IN' } });
        },
      },
    });
    await screen.findByRole('button', { name: '登录' });
    await type('用户名', 'wang');
    await type('密码', 'wrong');
    fireEvent.click(screen.getByRole('button', { name: '登录' }));
    expect(await screen.findByText(/连续 5 次不对会锁定 15 分钟/)).toBeTruthy();
  });

  it('can be tried again where the node does not answer', async () => {
    let calls = 0;
    open('/account', {
      access: {
        whoAmI: (request, context) => {
          calls += 1;
          if (calls === 1) throw refusal(Code.Internal, 'broken');
          return (signedIn('王敏', HOUSING, Role.CLERK).whoAmI?.(request, context) ?? {});
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '重试' }));
    expect(await screen.findByRole('heading', { name: '我的账号' })).toBeTruthy();
  });
});

describe('a session that ends', () => {
  it('is signed in again over the page, where what was typed is still there', async () => {
    const one = assignmentOf('body-1', { state: Assignment_State.RECEIVED });
    let ended = false;
    const reported: string[] = [];
    const services: Services = {
      access: {
        ...signedIn('王敏', HOUSING, Role.CLERK),
        signIn: () => {
          ended = false;
          return {};
        },
      },
      assignments: {
        getAssignment: () => one,
        getTimeline: () => ({}),
        reportProgress: (request) => {
          if (ended) return ENDED();
          reported.push(request.report?.text ?? '');
          return one;
        },
      },
    };
    open('/assignments/laojiu/body-1/housing', services);
    fireEvent.click(await screen.findByRole('button', { name: '报送进展' }));
    await type('进展情况', '已核对31个小区');
    ended = true;
    const send = (): void => {
      fireEvent.click(screen.getAllByRole('button', { name: '报送进展' }).at(-1) as HTMLElement);
    };
    send();
    expect(await screen.findByText('请重新登录。页面上已填写的内容还在。')).toBeTruthy();
    expect(screen.getByLabelText('用户名')).toHaveProperty('value', 'wang');
    await type('密码', 'secret');
    fireEvent.click(screen.getByRole('button', { name: '登录' }));
    await waitFor(() => { expect(screen.queryByText('请重新登录。页面上已填写的内容还在。')).toBeNull(); });
    expect(screen.getByLabelText('进展情况')).toHaveProperty('value', '已核对31个小区');
    send();
    await waitFor(() => { expect(reported).toEqual(['已核对31个小区']); });
  });
});

describe('navigation', () => {
  it('offers what the roles are for, and nothing else', async () => {
    open('/', { access: signedIn('安静', '', Role.SECURITY_OFFICER) });
    await screen.findByRole('heading', { name: '名录' });
    const offered = [...screen.getByRole('navigation').querySelectorAll('a')].map((one) => one.textContent);
    expect(offered).toEqual(['名录', '系统', '我的账号']);
  });

  it('has no page for those that it is not for', async () => {
    open('/board', { access: signedIn('安静', '', Role.SECURITY_OFFICER) });
    expect(await screen.findByText('没有此页面')).toBeTruthy();
  });

  it('speaks English on request, and remembers it', async () => {
    const first = open('/account', { access: signedIn('王敏', HOUSING, Role.CLERK) });
    fireEvent.click(await screen.findByRole('button', { name: 'English' }));
    expect(await screen.findByRole('heading', { name: 'My account' })).toBeTruthy();
    expect(document.documentElement.lang).toBe('en');
    first.unmount();
    open('/account', { access: signedIn('王敏', HOUSING, Role.CLERK) });
    expect(await screen.findByRole('heading', { name: 'My account' })).toBeTruthy();
  });
});
