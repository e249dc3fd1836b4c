import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const adoptedStyles = fileURLToPath(new URL('src/app/adoptedStyles.ts', import.meta.url));

// Ant Design makes its styles while it runs and puts them into <style> elements, which our Content-Security-Policy does
// not let in. All of it goes through one module of rc-util; ours takes its place and hands the same styles to the
// document as constructed style sheets, which are scripts' own and no inline styles.
function stylesWithoutElements(): Plugin {
  return {
    name: 'styles-without-elements',
    enforce: 'pre',
    apply: 'build',
    resolveId: (source) => (/(^|\/)Dom\/dynamicCSS(\.js)?$/.test(source) ? adoptedStyles : null),
  };
}

// Browsers from Chrome 64 on watch sizes by themselves.
const nativeResizeObserver = fileURLToPath(new URL('src/app/nativeResizeObserver.ts', import.meta.url));

function withoutPolyfill(): Plugin {
  return {
    name: 'without-polyfill',
    enforce: 'pre',
    apply: 'build',
    resolveId: (source) => (source === 'resize-observer-polyfill' ? nativeResizeObserver : null),
  };
}

export default defineConfig({
  plugins: [stylesWithoutElements(), withoutPolyfill()],
  esbuild: { jsx: 'automatic' },
  build: {
    target: 'chrome87',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      onwarn: (warning, warn) => {
        // `use client` is for servers that render React; there is none here.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
      output: {
        // Hex, so that the gateway knows a name with a hash when it sees one.
        hashCharacters: 'hex',
        entryFileNames: 'assets/[name]-[hash:12].js',
        chunkFileNames: 'assets/[name]-[hash:12].js',
        assetFileNames: 'assets/[name]-[hash:12][extname]',
      },
    },
  },
  worker: {
    format: 'es',
    rollupOptions: { output: { hashCharacters: 'hex', entryFileNames: 'assets/[name]-[hash:12].js' } },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    env: { DEBUG_PRINT_LIMIT: '0' },
  },
});
