/** What is checked before anybody is let in, in the order in which it is shown. */
export const STARTUP_CHECK_IDS = [
  'configuration',
  'disk',
  'web_assets',
  'store',
  'migrations',
  'clock',
  'auth',
  'agents',
  'sockets',
  'golden_path',
] as const

export type StartupCheckId = (typeof STARTUP_CHECK_IDS)[number]
