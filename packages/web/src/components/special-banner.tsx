import type { ServerConfig, User } from '../live/api.ts'
import { WarningIcon } from './icons.tsx'

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

function wordsFor(config: ServerConfig | undefined, me: User | undefined): string | null {
  if (me?.is_test_user) {
    const what = config?.demo ? 'This is a demonstration account' : 'This is a test account'
    return me.expires_at
      ? `${what}. It ends on ${moment.format(Date.parse(me.expires_at))}, with all that is in it.`
      : `${what}. It ends by itself, with all that is in it.`
  }
  if (config?.demo) return 'This is a demonstration: write nothing here that matters.'
  if (config?.e2e) return 'This is a test system: automated tests may sign in here.'
  return null
}

interface SpecialBannerProps {
  config: ServerConfig | undefined
  me?: User
}

/** Says that this Netra, or this account, is not for daily use. */
export function SpecialBanner({ config, me }: SpecialBannerProps) {
  const words = wordsFor(config, me)
  if (words === null) return null
  return (
    <aside
      aria-label="About this Netra"
      className="flex shrink-0 items-start justify-center gap-2 border-b border-line bg-accent-wash px-4 py-1.5 text-sm"
    >
      <WarningIcon size={16} className="mt-0.5 text-warn" />
      <p className="min-w-0">{words}</p>
    </aside>
  )
}
