const MAX_CHARS = 2_000
const NOWHERE = 'http://nowhere.invalid'

/** A path of our own pages, or `/`: what else was asked for could lead people to another site. */
export function returnPath(asked: string | undefined): string {
  if (asked === undefined || asked.length > MAX_CHARS || !/^\/(?![/\\])/.test(asked)) return '/'
  if (!URL.canParse(asked, NOWHERE)) return '/'
  const { origin, pathname, search, hash } = new URL(asked, NOWHERE)
  // A path may only become one of two slashes by being read: `/.//evil.example`.
  if (origin !== NOWHERE || pathname.startsWith('//') || pathname.includes('\\')) return '/'
  return `${pathname}${search}${hash}`
}
