import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';

import { type WatchRequest, WatchService } from '../gen/duban/v1/watch_service_pb';
import { refusal } from '../test/world';
import type { News } from './kinds';
import { type LineState, type Position, Watch, type WatchTimes } from './watch';

const TIMES: WatchTimes = { silence: 200, shortest: 1, longest: 4 };
interface Answer {
  names?: string[];
  startOver?: string[];
  at?: bigint;
  feed?: string;
}

/** What a node says on each line, one after the other; a line ends where its answers do, or stays open. */
class Node {
  readonly asked: WatchRequest[] = [];
  constructor(private readonly lines: (Answer[] | ConnectError | 'silent')[]) {}

  client() {
    return createClient(WatchService, createRouterTransport(({ service }) => {
      service(WatchService, { watch: (request, context) => this.line(request, context.signal) });
    }));
  }

  private async *line(request: WatchRequest, signal: AbortSignal) {
    this.asked.push(request);
    const line = this.lines[this.asked.length - 1] ?? 'silent';
    if (line instanceof ConnectError) throw line;
    if (line === 'silent') {
      await new Promise((resolve) => { signal.addEventListener('abort', resolve); });
      return;
    }
    for (const { names = [], startOver = [], at = 1n, feed = 'plan' } of line) {
      yield { names, startOver, positions: [{ feed, epoch: 'e', sequence: at }] };
    }
  }
}

/** Listens until `lines` lines were asked for. */
async function hear(node: Node, lines: number, positions: Position[] = []) {
  const news: News[] = [];
  const states: LineState[] = [];
  const watch = new Watch(node.client(), {
    onNews: (one) => { news.push(one); },
    onState: (state) => { if (states.at(-1) !== state) states.push(state); },
    onPositions: () => undefined,
  }, positions, TIMES);
  const running = watch.run();
  await expect.poll(() => node.asked.length).toBeGreaterThanOrEqual(lines);
  watch.stop();
  await running;
  return { news, states };
}

describe('the line to the node', () => {
  it('goes on from where it stood, however it ended', async () => {
    const node = new Node([
      [{ at: 4n }, { names: ['plans/p'], at: 7n }],
      refusal(Code.Unavailable, 'draining', { reason: 'NOT_SERVING' }),
      [{ names: ['units/u'], at: 9n }],
    ]);
    const { news, states } = await hear(node, 4);
    expect(node.asked.map((one) => one.positions[0]?.sequence)).toEqual([undefined, 7n, 7n, 9n]);
    expect(states).toEqual(['open', 'pausing', 'open']);
    expect(news.map((one) => one.names)).toEqual([[], ['plans/p'], ['units/u']]);
  });

  it('has everything read again only where it is not known what was missed', async () => {
    const node = new Node([[{ at: 4n }, { at: 5n }], [{ at: 6n }], [{ startOver: ['plan'], at: 8n }]]);
    const { news } = await hear(node, 4);
    expect(news.map((one) => one.everything)).toEqual([true, true]);
    const known = new Node([[{ at: 4n }]]);
    expect((await hear(known, 2, [{ feed: 'plan', epoch: 'e', sequence: '4' }])).news).toEqual([]);
  });

  it('hears each process of a node by itself', async () => {
    const node = new Node([[{ feed: 'plan' }, { feed: 'assignment' }, { feed: 'plan', names: ['plans/p'] }]]);
    const { news } = await hear(node, 2);
    expect(news.map((one) => [one.everything, ...one.names])).toEqual([[true], [true], [false, 'plans/p']]);
  });

  it('is begun again where nothing is heard for too long', async () => {
    const node = new Node(['silent', [{}]]);
    expect((await hear(node, 3)).states).toContain('lost');
  });

  it('waits for somebody to sign in, and is woken then', async () => {
    const node = new Node([refusal(Code.Unauthenticated, 'over', { reason: 'NOT_AUTHENTICATED' }), [{}]]);
    const states: LineState[] = [];
    const watch = new Watch(node.client(), {
      onNews: () => undefined,
      onState: (state) => { states.push(state); },
      onPositions: () => undefined,
    }, [], TIMES);
    const running = watch.run();
    await expect.poll(() => states).toEqual(['signedOut']);
    watch.wake();
    await expect.poll(() => states).toContain('open');
    watch.stop();
    await running;
    expect(node.asked.length).toBeGreaterThanOrEqual(2);
  });

  it('is not asked again of a node that tells no changes', async () => {
    const states: LineState[] = [];
    const client = createClient(WatchService, createRouterTransport(() => undefined));
    await new Watch(client, {
      onNews: () => undefined,
      onState: (state) => { states.push(state); },
      onPositions: () => undefined,
    }, [], TIMES).run();
    expect(states).toEqual(['off']);
  });
});
