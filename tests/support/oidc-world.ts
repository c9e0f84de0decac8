import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { HttpBrowser, type Landed } from './http-browser.ts'
import { startNetra, type NetraProcess } from './netra-process.ts'
import { startOidcProvider, type OidcProvider } from './oidc-provider.ts'
import { PASSWORD } from './people.ts'

let count = 0

/** A subject that no other test has. */
export const nameless = (): string => `subject-${++count}`

/** A Netra and a real provider that know of each other, and what people do at both. */
export class OidcWorld implements AsyncDisposable {
  readonly provider: OidcProvider
  readonly netra: NetraProcess

  private constructor(provider: OidcProvider, netra: NetraProcess) {
    this.provider = provider
    this.netra = netra
  }

  static async open(env: Record<string, string> = {}): Promise<OidcWorld> {
    const provider = await startOidcProvider()
    const netra = await startNetra({ env: { ...provider.env, ...env } })
    provider.serve(netra.url)
    return new OidcWorld(provider, netra)
  }

  /** The provider knows this subject, with a confirmed address unless told otherwise. */
  known(sub = nameless(), more: object = {}): string {
    const email = `${sub}@example.com`
    const account = { sub, email, email_verified: true, name: `Person ${sub}`, ...more }
    this.provider.accounts.set(sub, account)
    return sub
  }

  /** Through the provider's form, up to where Netra sends the browser in the end; '' cancels. */
  async through(form: Landed, sub: string, browser: HttpBrowser): Promise<URL> {
    must(form.body.includes('Example ID'), `the provider showed no form: ${form.url.href}`)
    const landed = await browser.go(form.url.href, {
      form: sub === '' ? { cancel: '1' } : { subject: sub },
      until: (url) => this.isPage(url),
    })
    return landed.url
  }

  isPage({ origin, pathname }: URL): boolean {
    return origin === this.netra.url && !pathname.startsWith('/auth/')
  }

  async signIn(
    sub: string,
    { browser = new HttpBrowser(), query = '' } = {},
  ): Promise<{ browser: HttpBrowser; url: URL; error: string | null }> {
    const form = await browser.go(`${this.netra.url}/auth/login?provider=oidc${query}`)
    const url = await this.through(form, sub, browser)
    return { browser, url, error: url.searchParams.get('error') }
  }

  me(browser: HttpBrowser) {
    return browser.ask(`${this.netra.url}/auth/me`)
  }

  /** The browser of somebody who has registered by password. */
  async withPassword(email: string, { confirmed }: { confirmed: boolean }): Promise<HttpBrowser> {
    const browser = new HttpBrowser()
    const body = { email, password: PASSWORD }
    const { status } = await browser.ask(`${this.netra.url}/auth/register`, { body })
    must(status === 201, `registration: ${status}`)
    if (confirmed) this.inStore('UPDATE user SET emailVerified = 1 WHERE email = ?', email)
    return browser
  }

  async linkTo(browser: HttpBrowser, sub: string): Promise<URL> {
    const path = `${this.netra.url}/auth/providers/oidc/link`
    const asked = await browser.ask<{ url: string }>(path, {
      body: { return_to: '/settings/account' },
    })
    must(asked.status === 200, `linking: ${asked.status}`)
    return this.through(await browser.go(asked.body.url), sub, browser)
  }

  /** What the store of accounts says, or is made to; the process that serves has it open too. */
  inStore<Row>(sql: string, ...values: string[]): Row[] {
    const store = new DatabaseSync(join(this.netra.folder, 'auth.db'), { timeout: 5_000 })
    try {
      return store.prepare(sql).all(...values) as Row[]
    } finally {
      store.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.netra[Symbol.asyncDispose]()
    await this.provider[Symbol.asyncDispose]()
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
