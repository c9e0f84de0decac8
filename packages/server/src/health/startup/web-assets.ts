import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { CheckFailed, wordsOf, type StartupCheck } from './check.ts'

const REMEDY = 'Build the web app: npm run build --workspace @netra/web'

/** Relative addresses that a page loads; others are not this server's to have. */
export const assetsOf = (html: string): string[] =>
  [...html.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((address) => !/^(?:[a-z]+:|\/\/|#)/i.test(address))
    .map((address) => address.replace(/^\.?\//, '').replace(/[?#].*$/, ''))

/** The page is there, and so is all that it names; nothing when the web app has an address of its own. */
export const webAssetsCheck = (port: { folder: string; isElsewhere: boolean }): StartupCheck => ({
  id: 'web_assets',
  timeoutMs: 10_000,
  remedy: REMEDY,
  async run() {
    if (port.isElsewhere) return { detail: 'the web app has an address of its own' }
    const html = await readFile(join(port.folder, 'index.html'), 'utf8').catch((error: unknown) => {
      throw new CheckFailed(`the web app is not built (${wordsOf(error)})`, REMEDY, error)
    })
    const assets = assetsOf(html)
    if (!/<script\b[^>]*\btype="module"/.test(html)) {
      throw new CheckFailed('the page of the web app names no script', REMEDY)
    }
    const missing = await Promise.all(
      assets.map(async (asset) => {
        const found = await stat(join(port.folder, asset)).catch(() => undefined)
        return found?.isFile() === true && found.size > 0 ? [] : [asset]
      }),
    )
    const names = missing.flat()
    if (names.length > 0) {
      throw new CheckFailed(
        `the page of the web app names what is not there: ${names.join(', ')}`,
        REMEDY,
      )
    }
    return { detail: `the page and ${assets.length} assets` }
  },
})
