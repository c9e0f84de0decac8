import { expect, test } from 'vitest'

import { segmentsOf } from './segments.ts'

const prose = (words: number) =>
  Array.from({ length: words }, (_, index) => `word${index}`).join(' ')
const section = (index: number) => `## Section ${index}\n\n${prose(300)}\n\n- one\n\n- two\n\n`
const long = Array.from({ length: 12 }, (_, index) => section(index)).join('')

test('a short text is one segment', () => {
  expect(segmentsOf('# a\n\nb')).toEqual(['# a\n\nb'])
})

test('a long text is cut before headings and paragraphs, and nothing is left out', () => {
  const segments = segmentsOf(long)
  expect(segments.length).toBeGreaterThan(5)
  expect(segments.join('')).toBe(long)
  for (const segment of segments) expect(segment).toMatch(/^(## |word0)/)
})

test('what is cut off stays the same while the text grows', () => {
  const whole = segmentsOf(long)
  for (let length = 6_000; length < long.length; length += 37) {
    const segments = segmentsOf(long.slice(0, length))
    expect(segments.slice(0, -1)).toEqual(whole.slice(0, segments.length - 1))
  }
})

test('a list, a table and a block of code are never cut', () => {
  const list = Array.from({ length: 400 }, (_, index) => `- item ${index}\n\n`).join('')
  const code = `\`\`\`\`md\n${Array.from({ length: 400 }, () => '# not a heading\n\n```\n\n').join('')}\`\`\`\`\n\n`
  const table = `|a|\n|---|\n${Array.from({ length: 900 }, () => '| cell |\n').join('')}\n`
  for (const block of [list, code, table]) {
    const text = `${section(0)}${block}# After\n\n${prose(900)}`
    expect(segmentsOf(text).some((segment) => segment.includes(block))).toBe(true)
  }
})

test('what is named elsewhere in the text keeps it whole', () => {
  const text = `${long}\n\n[a name]: https://example.org\n`
  expect(segmentsOf(text)).toEqual([text])
})
