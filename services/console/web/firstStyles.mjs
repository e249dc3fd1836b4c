// Ant Design makes the styles of a component when it is first drawn, which is a quarter of all that a browser does until
// the first page is there. Those of the components that first pages consist of are made here instead, with the same
// theme, as a file; Ant Design finds their names in it (`.data-ant-cssinjs-cache-path`) and makes none of them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The style sheet. One call a process: what Ant Design is depends on NODE_ENV, and it is loaded once. */
export function firstStyles(theme) {
  // As in the browser: names of styles depend on it.
  process.env.NODE_ENV = 'production';
  const { Alert, Button, Checkbox, ConfigProvider, Empty, Form, Input, Spin, Tag } = require('antd');
  const { createCache, extractStyle, StyleProvider } = require('@ant-design/cssinjs');
  const { createElement: make } = require('react');
  const { renderToString } = require('react-dom/server');

  const field = make(Form.Item, { name: 'field', label: 'field' }, make(Input));
  const all = [
    make(Form, null, field, make(Input.Password)),
    ...[Alert, Button, Checkbox, Empty, Spin, Tag].map((component) => make(component)),
    // Coloured ones have styles of their own.
    ...['blue', 'success'].map((color) => make(Tag, { color })),
  ];
  const cache = createCache();
  renderToString(make(StyleProvider, { cache }, make(ConfigProvider, { theme }, ...all)));
  return extractStyle(cache, { plain: true });
}
