// Hears of changes from the node, over one server stream that is begun again whenever it ends, from where it stood.
import { type Client, Code, ConnectError } from '@connectrpc/connect';

import type { WatchPosition, WatchResponse, WatchService } from '../gen/duban/v1/watch_service_pb';
import { faultOf } from '../api/fault';
import { pause } from '../api/pause';
import type { News } from './kinds';

export type LineState =
  | 'opening'
  | 'open'
  | 'lost' // No answer comes: the network, or the console.
  | 'pausing' // The node restarts, or is busy, and says when to come again.
  | 'signedOut'
  | 'off'; // This node tells no changes.

/** Where one stands, as plain data: it goes through messages and storage. */
export interface Position {
  feed: string;
  epoch: string;
  sequence: string;
}

export interface WatchEvents {
  onNews: (news: News) => void;
  onState: (state: LineState) => void;
  onPositions: (positions: Position[]) => void;
}

export interface WatchTimes {
  /** Nothing heard for so long: the line is gone. The node says something every 15 s. */
  silence: number;
  /** The first pause before it is begun again; doubled each time, up to the longest. */
  shortest: number;
  longest: number;
}
export const WATCH_TIMES: WatchTimes = { silence: 40_000, shortest: 500, longest: 20_000 };

type WatchClient = Pick<Client<typeof WatchService>, 'watch'>;

function plain(position: WatchPosition): Position {
  return { feed: position.feed, epoch: position.epoch, sequence: String(position.sequence) };
}

export class Watch {
  private readonly positions = new Map<string, Position>();
  /** Which feeds have answered on the line that is open. */
  private readonly answered = new Set<string>();
  private readonly ended = new AbortController();
  private waking = new AbortController();
  private failures = 0;

  constructor(
    private readonly client: WatchClient,
    private readonly events: WatchEvents,
    positions: readonly Position[] = [],
    private readonly times: WatchTimes = WATCH_TIMES,
  ) {
    for (const position of positions) this.positions.set(position.feed, position);
  }

  /** Ends with `stop`, or where there is nothing to hear. */
  async run(): Promise<void> {
    while (!this.ended.signal.aborted) {
      this.waking = new AbortController();
      const wait = await this.listen();
      if (this.ended.signal.aborted || wait === 'never') return;
      await pause(wait === 'until woken' ? 2 ** 31 - 1 : wait, this.waking.signal);
    }
  }

  /** Tries at once: somebody signed in, or the network is there again. */
  wake(): void {
    this.failures = 0;
    this.waking.abort();
  }

  stop(): void {
    this.ended.abort();
    this.waking.abort();
  }

  /** One stream, to its end; how long to wait before the next. */
  private async listen(): Promise<number | 'until woken' | 'never'> {
    this.answered.clear();
    const line = new AbortController();
    const end = (): void => { line.abort(); };
    this.ended.signal.addEventListener('abort', end);
    let silence = setTimeout(end, this.times.silence);
    try {
      const request = { positions: [...this.positions.values()].map((one) => ({ ...one, sequence: BigInt(one.sequence) })) };
      for await (const answer of this.client.watch(request, { signal: line.signal, timeoutMs: 0 })) {
        clearTimeout(silence);
        silence = setTimeout(end, this.times.silence);
        this.take(answer);
      }
      return this.times.shortest * Math.random();
    } catch (error) {
      return this.after(error);
    } finally {
      clearTimeout(silence);
      this.ended.signal.removeEventListener('abort', end);
    }
  }

  private take(answer: WatchResponse): void {
    this.failures = 0;
    this.events.onState('open');
    // What was read of a feed before it first answered, by whoever did not know where they stood, may be older.
    const unknown = answer.positions.some((one) => !this.answered.has(one.feed) && !this.positions.has(one.feed));
    for (const position of answer.positions) {
      this.answered.add(position.feed);
      this.positions.set(position.feed, plain(position));
    }
    this.events.onPositions([...this.positions.values()]);
    const everything = unknown || answer.startOver.length > 0;
    if (everything || answer.names.length > 0) this.events.onNews({ names: answer.names, everything });
  }

  private after(error: unknown): number | 'until woken' | 'never' {
    const fault = faultOf(error);
    const code = ConnectError.from(error).code;
    // Nobody's roles let them see any of it, or there is no such call.
    if (code === Code.Unimplemented || code === Code.PermissionDenied) {
      this.events.onState('off');
      return 'never';
    }
    if (fault.kind === 'signedOut') {
      this.events.onState('signedOut');
      return 'until woken';
    }
    if (!this.ended.signal.aborted) this.events.onState(fault.kind === 'later' ? 'pausing' : 'lost');
    const grown = Math.min(this.times.longest, this.times.shortest * 2 ** this.failures++);
    // Pages that lost the same line do not all come back at the same moment.
    return Math.max(fault.retrySeconds * 1000, grown) * (0.5 + Math.random() / 2);
  }
}
