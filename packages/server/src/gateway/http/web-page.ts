import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the page must know before it can ask anything; '' is the page's own origin. */
export interface PageAddresses {
  /** The path below which the page itself is served: '' or as `/netra`. */
  base: string
  /** Of the node, with its base path. */
  api: string
  /** Of the auth service, when it is at an address of its own. */
  auth: string | null
}

/**
 * The one page of the web app, told its addresses. Built with addresses relative to itself, it would
 * look for its parts in the wrong folder at deeper paths, and the policy allows no `<base>`.
 *
 * @throws when the web app is not built.
 */
export function readPage(webFolder: string, addresses: PageAddresses): string {
  const html = readFileSync(join(webFolder, 'index.html'), 'utf8')
  const content = JSON.stringify(addresses)
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
  return html
    .replaceAll('="./', `="${addresses.base}/`)
    .replace('<head>', `<head>\n    <meta name="netra-addresses" content="${content}" />`)
}
