import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// Machines that build at the same time are slow.
configure({ asyncUtilTimeout: 15_000 });

afterEach(() => {
  cleanup();
  window.localStorage.clear();
});

// What browsers have and jsdom has not, and Ant Design asks for.
window.matchMedia = (query: string): MediaQueryList => ({
  matches: query.includes('min-width'),
  media: query,
  onchange: null,
  addListener: vi.fn(),
  removeListener: vi.fn(),
  addEventListener: vi.fn(),
  removeEventListener: vi.fn(),
  dispatchEvent: () => false,
});
window.ResizeObserver ??= class {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
};
// Charts are painted by real browsers alone (tests/console).
vi.mock('../pages/board/charts', () => ({
  drawBars: () => ({ resize: vi.fn(), dispose: vi.fn() }),
  drawPie: () => ({ resize: vi.fn(), dispose: vi.fn() }),
}));
const measured = window.getComputedStyle.bind(window);
window.getComputedStyle = (element: Element): CSSStyleDeclaration => measured(element);

// What Ant Design's styles say is looked at in a real browser (tests/console). Here they would only be read again for
// every element that a test looks for, which takes most of the time.
Object.defineProperty(HTMLStyleElement.prototype, 'innerHTML', { get: () => '', set: () => undefined });
