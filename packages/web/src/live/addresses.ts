/** Where this page is served, and where the node and the auth service are; '' is the page's origin. */
export interface PageAddresses {
  /** The path below which the page is served: '' or as `/netra`. */
  base: string
  api: string
  /** The auth service, when it is at an address of its own. */
  auth: string | null
}

/** As the server wrote them into the page. */
export function readAddresses(): PageAddresses {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="netra-addresses"]')
  const here: PageAddresses = { base: '', api: '', auth: null }
  return meta ? { ...here, ...(JSON.parse(meta.content) as Partial<PageAddresses>) } : here
}

/** The path within the app of an address of this page's origin; null when the app is not there. */
export function pathInApp(url: URL): string | null {
  const { base } = readAddresses()
  if (url.origin !== location.origin) return null
  if (url.pathname === base) return '/'
  return url.pathname.startsWith(`${base}/`) ? url.pathname.slice(base.length) : null
}
