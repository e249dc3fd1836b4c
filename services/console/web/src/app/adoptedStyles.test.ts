import { beforeEach, describe, expect, it, vi } from 'vitest';

import { injectCSS, removeCSS, updateCSS } from './adoptedStyles';

// jsdom has no constructed style sheets.
class Sheet {
  text = '';
  replaceSync(css: string): void {
    this.text = css;
  }
}

function adopted(): string[] {
  return (document.adoptedStyleSheets as unknown as Sheet[]).map((sheet) => sheet.text);
}

beforeEach(() => {
  vi.stubGlobal('CSSStyleSheet', Sheet);
  for (const key of ['a', 'b', 'c', 'd']) removeCSS(key);
});

describe('adopted styles', () => {
  it('take the place of style elements', () => {
    updateCSS('.a{}', 'a');
    expect(adopted()).toContain('.a{}');
    expect(document.querySelectorAll('style')).toHaveLength(0);
    updateCSS('.a{color:red}', 'a');
    expect(adopted()).toContain('.a{color:red}');
    expect(adopted()).not.toContain('.a{}');
    removeCSS('a');
    expect(adopted()).not.toContain('.a{color:red}');
  });

  it('stand in the order that elements would have', () => {
    updateCSS('.b{}', 'b');
    updateCSS('.c{}', 'c', { prepend: 'queue', priority: -998 });
    updateCSS('.d{}', 'd', { prepend: 'queue', priority: -999 });
    updateCSS('.a{}', 'a', { prepend: 'queue', priority: -998 });
    expect(adopted()).toEqual(['.d{}', '.c{}', '.a{}', '.b{}']);
  });

  it('tell styles of one key apart by their marks', () => {
    updateCSS('.a{}', 'a');
    updateCSS('.other{}', 'a', { mark: 'data-css-hash' });
    removeCSS('a', { mark: 'data-css-hash' });
    expect(adopted()).toEqual(['.a{}']);
    injectCSS('.x{}');
    expect(adopted()).toEqual(['.a{}', '.x{}']);
  });
});
