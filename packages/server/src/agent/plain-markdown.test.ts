import { expect, test } from 'vitest'

import { asMarkdown } from './plain-markdown.ts'

test.each([
  ['plain words, 1,234 of $5.00 at 3 %', 'plain words, 1,234 of $5.00 at 3 %'],
  ['**bold** and *slanted*', String.raw`\*\*bold\*\* and \*slanted\*`],
  ['_slanted_ but not gpt_4_o', String.raw`\_slanted\_ but not gpt_4_o`],
  ['[here](javascript:x) ![](x)', String.raw`\[here\](javascript:x) !\[\](x)`],
  ['a | b\n# c', String.raw`a \| b # c`],
  ['# a heading', String.raw`\# a heading`],
  ['- a point', String.raw`\- a point`],
  ['-5 is none', '-5 is none'],
  ['1. first', String.raw`1\. first`],
  ['2024. A year', String.raw`2024\. A year`],
  ['1.5 is none', '1.5 is none'],
  ['~~gone~~ `code` <b>', String.raw`\~\~gone\~\~ \`code\` \<b\>`],
  ['&lt;b> R&D', String.raw`\&lt;b\> R&D`],
  ['$$x$$', String.raw`\$\$x\$\$`],
  [String.raw`C:\*x`, String.raw`C:\\\*x`],
])('what stands in data shows as it stands there: %s', (text, markdown) => {
  expect(asMarkdown(text)).toBe(markdown)
})

test.each([
  ['see https://evil.example/*a*?b=_c_ now', 'see `https://evil.example/*a*?b=_c_` now'],
  ['HTTP://evil.example', '`HTTP://evil.example`'],
  ['www.evil.example', '`www.evil.example`'],
  [
    'https://evil.example|www.more.example',
    String.raw`\`https://evil.example\`\|\`www.more.example\``.replaceAll('\\`', '`'),
  ],
  ['https://evil.example`x`', '`https://evil.example`\\`x\\`'],
  ['ada@example.com', '`ada@example.com`'],
])('an address in data leads nowhere: %s', (text, markdown) => {
  expect(asMarkdown(text)).toBe(markdown)
})
