import type { zhLive } from './zhLive';

export const enLive: typeof zhLive = {
  live: {
    lost: 'The connection is lost and being made again. What is shown may be older; what you typed is safe.',
    pausing: 'The system restarts or is busy, and comes back by itself. What is shown may be older; what you typed is safe.',
    look: 'Go on with what it is now',
    changedUnderneath: 'This assignment has just changed, and the page with it. Look before you decide; what you typed is still here.',
  },
  issuerDesk: {
    toRead: 'Reports not read yet',
    counting: 'The system was updated and is still counting what waits: there may be more than is shown here. It appears by itself.',
  },
};
