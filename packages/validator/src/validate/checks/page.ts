import type { Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { due, shown } from '../probe/due.ts'

const BUILD = {
  when: /503|not built/,
  cause: 'The web app was not built.',
  fix: 'Run `npm run build --workspace @netra/web`, or use the packed version, which has it.',
}
const NOT_PASSED_ON = {
  cause: 'The proxy answers that path itself, or does not pass it on.',
  fix: 'Let the proxy pass every path on to Netra; for a page at a host of its own see docs/hosts.md.',
}

/** Where the web app is: at the address under test unless the server says that it has its own. */
async function webUrl({ http, url }: CheckContext): Promise<string> {
  const answer = await http.ask('/api/discovery/services', { expect: EVERY_STATUS })
  if (answer.status !== 200) return url
  const { services } = answer.json() as { services?: { frontend?: { url?: unknown } } }
  const told = services?.frontend?.url
  return typeof told === 'string' && URL.canParse(told) ? told.replace(/\/+$/, '') : url
}

/** Only where the page is, is asked: whether that answer is right is another check's. */
const EVERY_STATUS = Array.from({ length: 500 }, (_none, index) => 100 + index)

interface Page {
  address: string
  html: string
}

async function pageAt({ http }: CheckContext, address: string): Promise<Page> {
  const { headers, text: html } = await http.ask(address, { headers: { accept: 'text/html' } })
  const type = headers.get('content-type') ?? 'nothing'
  due(type.startsWith('text/html'), `${address} is ${type}, not a page`)
  due(/<div id="root">/.test(html), `${address} is a page, but not Netra's: ${html.slice(0, 120)}`)
  return { address, html }
}

/** Scripts and styles of a page, as a browser would ask for them. */
function partsOf({ address, html }: Page): string[] {
  const tags = html.match(/<(?:script|link)\b[^>]*>/g) ?? []
  const parts = tags.flatMap((tag) => {
    const link = /\b(?:src|href)="([^"]+)"/.exec(tag)?.[1]
    return link === undefined ? [] : [new URL(link, address).href]
  })
  return [...new Set(parts)]
}

const TYPES: readonly [RegExp, RegExp][] = [
  [/\.m?js$/, /javascript/],
  [/\.css$/, /css/],
  [/\.svg$/, /svg/],
]

export const pageChecks: readonly Check[] = [
  {
    id: 'addresses.page',
    group: 'addresses',
    title: 'The web app’s page is there',
    weight: 'blocking',
    smoke: true,
    causes: [BUILD, NOT_PASSED_ON],
    async run(context) {
      const { address, html } = await pageAt(context, `${await webUrl(context)}/`)
      return `${address}, ${html.length} characters`
    },
  },
  {
    id: 'addresses.page-parts',
    group: 'addresses',
    title: 'Every script and style of the page is there',
    weight: 'blocking',
    needs: ['addresses.page'],
    causes: [
      {
        when: /is text\/html/,
        cause: 'The proxy answers the page for files that it does not find.',
        fix: 'Let Netra serve /assets, or take `try_files … /index.html` away.',
      },
      {
        cause: 'The page is older or newer than its files: a cache, or half a deployment.',
        fix: 'Build the web app anew, deploy it whole, and empty the cache in between.',
      },
    ],
    async run(context) {
      const page = await pageAt(context, `${await webUrl(context)}/`)
      const parts = partsOf(page)
      due(
        parts.some((part) => part.endsWith('.js')) && parts.some((part) => part.endsWith('.css')),
        `the page names no script or no style: ${shown(parts)}`,
      )
      for (const part of parts) {
        const { headers, text } = await context.http.ask(part)
        const type = headers.get('content-type') ?? 'nothing'
        const wanted = TYPES.find(([name]) => name.test(new URL(part).pathname))?.[1]
        due(wanted === undefined || wanted.test(type), `${part} is ${type}`)
        due(text !== '', `${part} is empty`)
      }
      return `${parts.length} parts`
    },
  },
  {
    id: 'addresses.page-addresses',
    group: 'addresses',
    title: 'The addresses in the page answer',
    weight: 'blocking',
    needs: ['addresses.page'],
    causes: [
      {
        cause: 'The page was told other addresses than there are.',
        fix: 'Set NETRA_PUBLIC_URL (and NETRA_WEB_URL, NETRA_AUTH_PUBLIC_URL) alike for every process, and restart them.',
      },
    ],
    async run(context) {
      const page = await pageAt(context, `${await webUrl(context)}/`)
      const content = /<meta name="netra-addresses" content="([^"]*)"/.exec(page.html)?.[1]
      due(content !== undefined, 'the page names no addresses (meta netra-addresses)')
      const { api, auth } = parsed(content)
      due(typeof api === 'string', `api in the page is ${shown(api)}`)
      const base = new URL(`${api}/`, page.address).href.replace(/\/+$/, '')
      const config = (await context.http.ask(`${base}/api/config`)).json()
      due(typeof config['ws_url'] === 'string', `${base}/api/config is not Netra's`)
      const authBase = typeof auth === 'string' ? auth.replace(/\/+$/, '') : base
      await context.http.ask(`${authBase}/auth/config`)
      return `${base}, signing in at ${authBase}`
    },
  },
  {
    id: 'addresses.deep-link',
    group: 'addresses',
    title: 'A link deep into the web app opens it',
    weight: 'blocking',
    needs: ['addresses.page'],
    causes: [
      {
        cause: 'The proxy looks for a file of that name instead of passing the path on.',
        fix: 'Let the proxy pass every path on to Netra.',
      },
    ],
    async run(context) {
      const web = await webUrl(context)
      const front = partsOf(await pageAt(context, `${web}/`))
      const deep = partsOf(await pageAt(context, `${web}/chat/validate/deep-link`))
      due(
        deep.join() === front.join(),
        `its parts are looked for elsewhere: ${shown(deep)}, not ${shown(front)}`,
      )
      return `${web}/chat/… is the page`
    },
  },
]

function parsed(content: string): { api?: unknown; auth?: unknown } {
  const text = content.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&')
  try {
    return JSON.parse(text) as { api?: unknown; auth?: unknown }
  } catch {
    return {}
  }
}
