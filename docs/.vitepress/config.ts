import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { defineConfig, type MarkdownOptions } from 'vitepress'

import { NAVIGATION } from './navigation.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Served as it is: what `npm run docs` made, and pictures. */
const PUBLIC = fileURLToPath(new URL('../public', import.meta.url))

/** Pages are the repository's own Markdown files, so that a link is right in a checkout too. */
export default defineConfig({
  title: 'Netra',
  description: 'A self-hosted, multi-user, real-time platform for AI agents',
  srcDir: '..',
  srcExclude: [
    'node_modules/**',
    'packages/*/node_modules/**',
    'packages/server/**',
    'data/**',
    'examples/**',
    'CHANGELOG.md',
  ],
  outDir: fileURLToPath(new URL('./dist', import.meta.url)),
  cacheDir: fileURLToPath(new URL('./cache', import.meta.url)),
  rewrites: { 'docs/index.md': 'index.md' },
  // Addresses of this machine in examples.
  ignoreDeadLinks: [/^http:\/\/localhost/],
  vite: { publicDir: PUBLIC },
  cleanUrls: false,
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    nav: NAVIGATION.map(({ text, items }) => ({ text, link: items[0]?.link ?? '/' })),
    sidebar: NAVIGATION.map((group) => ({ ...group, collapsed: false })),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [],
  },
  markdown: {
    config(markdown) {
      showSourceNames(markdown)
      showAnglesAsText(markdown)
    },
  },
})

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0]

/**
 * A link to a file of the repository that is no page (source, a folder) is shown as its path: the
 * site has no copy of the source. One to nothing stays, and the build refuses it.
 */
function showSourceNames(markdown: Markdown): void {
  markdown.core.ruler.push('netra-source-links', (state) => {
    const page = String(
      (state.env as { realPath?: string; path: string }).realPath ?? state.env.path,
    )
    for (const token of state.tokens) {
      for (const child of token.children ?? []) {
        const target = child.attrGet('href')
        if (child.type !== 'link_open' || target === null) continue
        const served = relative(PUBLIC, join(dirname(page), target))
        if (!/^([a-z]+:|#|\/)/.test(target) && !served.startsWith('..')) {
          child.attrSet('href', `/${served}`)
          child.attrSet('target', '_self')
          continue
        }
        if (!isSource(page, target)) continue
        child.attrs = [
          ['class', 'source'],
          ['title', relative(ROOT, join(dirname(page), target))],
        ]
        child.tag = 'span'
        closeAfter(token.children ?? [], child)
      }
    }
  })
}

/** Our pages hold no HTML but comments; what else looks so is a placeholder, as `<PORT>`. */
function showAnglesAsText(markdown: Markdown): void {
  const { escapeHtml } = markdown.utils
  const shown = (text: string): string => {
    if (text.startsWith('<!--')) return ''
    // What does not begin so is VitePress's own, as the place that a heading's link points at.
    return text.startsWith('<') ? escapeHtml(text) : text
  }
  markdown.renderer.rules['html_inline'] = (tokens, at) => shown(tokens[at]?.content ?? '')
  markdown.renderer.rules['html_block'] = (tokens, at) => shown(tokens[at]?.content ?? '')
}

interface Token {
  type: string
  tag: string
}

function closeAfter(children: Token[], open: Token): void {
  const close = children.slice(children.indexOf(open)).find(({ type }) => type === 'link_close')
  if (close) close.tag = 'span'
}

function isSource(page: string, target: string): boolean {
  if (/^([a-z]+:|#|\/)/.test(target)) return false
  const file = join(dirname(page), target.replace(/#.*$/, ''))
  if (!existsSync(file)) return false
  const isPage = file.endsWith('.md') && !relative(ROOT, file).startsWith('packages/server/')
  return statSync(file).isDirectory() || !isPage
}
