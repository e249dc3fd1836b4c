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
Element.prototype.scrollIntoView = vi.fn();
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

// All of a page is near.
window.IntersectionObserver = class implements IntersectionObserver {
  readonly root = null;
  readonly rootMargin = '';
  readonly thresholds = [];
  constructor(private readonly callback: IntersectionObserverCallback) {}
  observe(target: Element): void {
    const box = target.getBoundingClientRect();
    const entry = { target, isIntersecting: true, intersectionRatio: 1, boundingClientRect: box, intersectionRect: box, rootBounds: null, time: 0 };
    this.callback([entry], this);
  }
  unobserve(): void { /* Nothing was begun. */ }
  disconnect(): void { /* Nothing was begun. */ }
  takeRecords(): IntersectionObserverEntry[] { return []; }
};
window.scrollTo = () => undefined;

// jsdom's files cannot be read this way yet.
Blob.prototype.arrayBuffer = function arrayBuffer(this: Blob): Promise<ArrayBuffer> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => { resolve(reader.result as ArrayBuffer); };
    reader.readAsArrayBuffer(this);
  });
};
