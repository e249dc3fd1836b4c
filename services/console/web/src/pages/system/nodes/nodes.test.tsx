import { create } from '@bufbuild/protobuf';
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { differing } from '../../../api/processes';
import { Role } from '../../../gen/duban/v1/access_pb';
import { type NodeStatus, NodeStatus_Hop_Direction, NodeStatusSchema } from '../../../gen/duban/v1/node_service_pb';
import { open, signedIn } from '../../../test/world';
import { neighboursOf, noticesOf } from './neighbours';
import { BOX, layout, SELF } from './picture';

const { FETCH, OFFER, TAKE_IN } = NodeStatus_Hop_Direction;
const NOW = 1_000_000n;
const at = (ago: bigint) => ({ seconds: NOW - ago, nanos: 0 });

function statusOf(...services: string[]): NodeStatus {
  return create(NodeStatusSchema, {
    node: 'district',
    version: '1.4.0',
    serverTime: at(0n),
    stores: services.map((service) => ({ service, serving: true, sizeBytes: 3_500_000n })),
    hops: [
      { name: 'plan_to_assignment', direction: FETCH, connected: true, atHead: true, peer: { node: 'district' } },
      { name: 'city_plan', direction: FETCH, connected: true, atHead: true, progressTime: at(5n), peer: { node: 'city', version: '1.4.0' } },
      { name: 'offered_to_city', direction: OFFER, connected: false, error: 'no route', errorZh: '连不上' },
      { name: 'offered_by_street', direction: TAKE_IN },
    ],
    followers: [
      { name: 'assignment', feed: 'plan', connected: true, seenTime: at(0n) },
      { name: 'street', downstream: true, feed: 'plan', behind: 12n, connected: true, seenTime: at(2n) },
      { name: 'bureau', downstream: true, feed: 'plan', seenTime: at(300n) },
      {
        name: 'county', downstream: true, feed: 'plan', connected: true, seenTime: at(1n),
        notices: [{ reason: 'CLOCK_OFF', message: 'the clocks differ', messageZh: '时钟相差太大' }],
      },
    ],
  });
}

describe('processes', () => {
  it('that are one answer once, and three answer for themselves', () => {
    const all = statusOf('plan', 'assignment', 'notification');
    const one = differing([
      { service: 'plan', status: all }, { service: 'assignment', status: all }, { service: 'notification', status: all },
    ]);
    expect(one.map((each) => each.services)).toEqual([['plan', 'assignment', 'notification']]);
    const three = differing([
      { service: 'plan', status: statusOf('plan') },
      { service: 'assignment', status: statusOf('assignment') },
      { service: 'notification', status: statusOf('notification') },
    ]);
    expect(three.map((each) => each.service)).toEqual(['plan', 'assignment', 'notification']);
  });
});

describe('neighbours', () => {
  const processes = differing([{ service: 'plan', status: statusOf('plan') }]);

  it('are the nodes above and below, each once with the worst of its hops; this node’s own services are none', () => {
    const said = neighboursOf(processes).map(({ side, node, health, behind }) => [side, node, health, behind]);
    expect(said).toEqual([
      ['upper', 'city', 'broken', 0n],
      ['lower', 'bureau', 'lost', 0n],
      ['lower', 'county', 'loud', 0n],
      ['lower', 'street', 'behind', 12n],
    ]);
  });

  it('have their warnings told once, however many processes have them', () => {
    expect(noticesOf([...processes, ...processes]).map((one) => [one.subject, one.notice.reason])).toEqual([['county', 'CLOCK_OFF']]);
  });
});

describe('the picture', () => {
  it('has no boxes over each other, however many there are', () => {
    const many = Array.from({ length: 13 }, (_, i) => i);
    const { lower, self, width, height } = layout<string | number>(['city'], many, 5);
    expect(new Set(lower.map((box) => `${String(box.x)}/${String(box.y)}`)).size).toBe(13);
    lower.forEach((box) => {
      expect(box.y).toBeGreaterThanOrEqual(self.y + SELF.height);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + BOX.width).toBeLessThanOrEqual(width);
      expect(box.y + BOX.height).toBeLessThanOrEqual(height);
    });
  });
});

describe('the page of nodes', () => {
  it('tells lag, silence and failures in words, and warnings first', async () => {
    open('/system/nodes', {
      access: signedIn('卢军', '', Role.OPERATOR),
      node: { getNodeStatus: () => statusOf('plan', 'assignment', 'notification') },
    });
    expect((await screen.findByRole('alert')).textContent).toContain('时钟相差太大');
    const below = within(screen.getByRole('region', { name: '下级节点' }));
    expect(below.getByRole('row', { name: /street/ }).textContent).toContain('落后 12');
    expect(below.getByRole('row', { name: /bureau/ }).textContent).toContain('失去联系');
    expect(within(screen.getByRole('region', { name: '同步' })).getByRole('row', { name: /offered_to_city/ }).textContent).toContain('连不上');
  });

  it('is nobody’s but operators’', async () => {
    open('/system/nodes', { access: signedIn('沈静', '', Role.AUDITOR) });
    expect(await screen.findByText('没有此页面')).toBeTruthy();
  });
});
