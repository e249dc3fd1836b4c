import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['src/gen/**', 'node_modules/**', 'dist/**'] },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  reactHooks.configs['recommended-latest'],
  {
    rules: {
      'max-lines': ['error', { max: 220, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      // A query that does not say what it is about would be asked again at every change of anything.
      'no-restricted-syntax': ['error', {
        selector: 'ObjectExpression:has(> Property[key.name="queryFn"]):not(:has(> Property[key.name="meta"]))',
        message: 'Say in `meta` when it is another answer: live, liveOf or NEVER of src/live/kinds.ts.',
      }],
    },
  },
  // Tools of the build speak on the terminal.
  { files: ['*.mjs'], rules: { 'no-console': 'off' } },
);
