import { existsSync } from 'node:fs'
/** npm run docs: builds the documentation's site, then follows every link and every place in it. */
import { copyFile, readFile, readdir } from 'node:fs/promises'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'vitepress'

import { NAVIGATION } from '../docs/.vitepress/navigation.ts'
import { writeApiDocuments } from './api-documents.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SITE = join(ROOT, 'docs/.vitepress/dist')
/** Read where they lie, or for those who work on Netra. */
const NOT_IN_NAVIGATION = /^(index|404|docs\/(?:decisions|operate\/runbooks)\/.*)\.html$/

/** What is wrong with the built site: one sentence each. */
export async function siteProblems(): Promise<string[]> {
  const pages = await readPages()
  return [...deadLinks(pages), ...deadPictures(pages), ...unreachable(pages)]
}

export async function buildSite(): Promise<void> {
  await writeApiDocuments()
  // The home page shows it by its address; the README by its place.
  await copyFile(join(ROOT, 'docs/screenshot.png'), join(ROOT, 'docs/public/screenshot.png'))
  await build(join(ROOT, 'docs'))
}

/** Page → its HTML. */
async function readPages(): Promise<Map<string, string>> {
  const names = await readdir(SITE, { recursive: true })
  const pages = names.filter((name) => name.endsWith('.html'))
  return new Map(
    await Promise.all(
      pages.map(async (name) => [name, await readFile(join(SITE, name), 'utf8')] as const),
    ),
  )
}

function deadLinks(pages: ReadonlyMap<string, string>): string[] {
  const places = new Map(
    [...pages].map(([name, html]) => [
      name,
      new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)),
    ]),
  )
  return [...pages].flatMap(([name, html]) => {
    const links = new Set([...html.matchAll(/<a[^>]* href="([^"]+)"/g)].map(([, to = '']) => to))
    return [...links].flatMap((link) => {
      if (/^([a-z]+:|\/\/)/i.test(link)) return []
      const [path = '', place = ''] = link.split('#')
      const target = targetOf(name, path)
      const found = places.get(target)
      if (!found) return isFile(target) ? [] : [`${name}: ${link} leads nowhere`]
      const isThere = place === '' || found.has(decodeURIComponent(place))
      return isThere ? [] : [`${name}: ${link}: there is no such place on that page`]
    })
  })
}

const deadPictures = (pages: ReadonlyMap<string, string>): string[] =>
  [...pages].flatMap(([name, html]) =>
    [...html.matchAll(/<img[^>]* src="(\/[^"]+)"/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(SITE, path)))
      .map((path) => `${name}: there is no picture ${path}`),
  )

/** The site's own documents that are no pages. */
const isFile = (target: string): boolean => /^(open|async)api\.json$/.test(target)

function targetOf(from: string, path: string): string {
  if (path === '') return from
  const whole = path.startsWith('/') ? path.slice(1) : join(dirname(from), path)
  const page = whole === '' || whole.endsWith('/') ? `${whole}index.html` : whole
  return normalize(/\.\w+$/.test(page) ? page : `${page}.html`)
}

function unreachable(pages: ReadonlyMap<string, string>): string[] {
  const listed = new Set(
    NAVIGATION.flatMap(({ items }) => items.map(({ link }) => targetOf('index.html', link))),
  )
  return [...pages.keys()]
    .filter((name) => !NOT_IN_NAVIGATION.test(name) && !listed.has(name))
    .map((name) => `${name} stands nowhere in docs/.vitepress/navigation.ts`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildSite()
  const problems = await siteProblems()
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.stdout.write(
    problems.length === 0
      ? `The site is in ${relative(process.cwd(), SITE)}; every link in it leads somewhere.\n`
      : '',
  )
  process.exitCode = problems.length === 0 ? 0 : 1
}
