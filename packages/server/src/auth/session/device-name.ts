/** Order matters: most browsers also name the ones they are like. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chrome without a window'],
  [/\b(Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\b(Macintosh|Mac OS X)\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]
const MAX_PROGRAM_CHARS = 40

const firstOf = (names: [RegExp, string][], text: string): string | undefined =>
  names.find(([form]) => form.test(text))?.[1]

/** A browser and its system in words, from what it says of itself: `Firefox on Linux`. */
export function deviceName(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return 'Unknown device'
  const browser = firstOf(BROWSERS, userAgent)
  const system = firstOf(SYSTEMS, userAgent)
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`
  const program = /^[\w.-]+/.exec(userAgent)?.[0].slice(0, MAX_PROGRAM_CHARS)
  if (program === undefined || program === 'Mozilla') {
    return system === undefined ? 'Unknown device' : `A browser on ${system}`
  }
  return system === undefined ? program : `${program} on ${system}`
}
