// One line to the node for all pages of a browser, which has six connections to share among them.
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';

import { WatchService } from '../gen/duban/v1/watch_service_pb';
import type { ToPage, ToWorker } from './messages';
import { type LineState, type Position, Watch } from './watch';

interface WorkerScope {
  location: { origin: string };
  onconnect: ((event: MessageEvent) => void) | null;
}
const scope = self as unknown as WorkerScope;

const pages = new Set<MessagePort>();
let state: LineState = 'opening';
let watch: Watch | null = null;

function tellAll(message: ToPage): void {
  pages.forEach((page) => { page.postMessage(message); });
}

function begin(positions: Position[]): void {
  const client = createClient(WatchService, createConnectTransport({ baseUrl: scope.location.origin, useBinaryFormat: true }));
  const begun = new Watch(client, {
    onNews: (news) => { tellAll({ type: 'news', news }); },
    onState: (next) => {
      if (next !== state) tellAll({ type: 'state', state: next });
      state = next;
    },
    onPositions: (next) => { tellAll({ type: 'positions', positions: next }); },
  }, positions);
  watch = begun;
  void begun.run().then(() => {
    if (watch === begun) watch = null;
  });
}

function take(page: MessagePort, message: ToWorker): void {
  switch (message.type) {
    case 'open':
      pages.add(page);
      if (watch === null) begin(message.positions);
      // Somebody may have signed in.
      else if (state === 'signedOut') watch.wake();
      page.postMessage({ type: 'state', state } satisfies ToPage);
      break;
    case 'wake':
      if (watch === null) begin([]);
      else watch.wake();
      break;
    case 'close':
      pages.delete(page);
      if (pages.size > 0) return;
      watch?.stop();
      watch = null;
  }
}

scope.onconnect = (event) => {
  const page = event.ports[0];
  if (page === undefined) return;
  page.onmessage = (said: MessageEvent<ToWorker>) => { take(page, said.data); };
};
