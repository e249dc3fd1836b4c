// What resize-observer-polyfill gives where there is nothing to be filled; vite.config.ts puts this in its place.
export default window.ResizeObserver;
