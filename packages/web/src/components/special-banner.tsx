import type { ServerConfig, User } from '../live/api.ts'
import { MODES } from '../timeline/dashboard-words.ts'
import { WarningIcon } from './icons.tsx'

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

function accountWords(config: ServerConfig | undefined, me: User | undefined): string | null {
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

/** A start that should have been refused: nobody may come to overlook it. */
function bypassWords(config: ServerConfig | undefined): string | null {
  const gone = config?.startup_bypass ?? []
  if (gone.length === 0) return null
  const checks = gone.length === 1 ? 'a check that failed was' : 'checks that failed were'
  return `Netra runs although ${checks} gone around at its start (${gone.join(', ')}). Do not rely on it.`
}

function modeWords(config: ServerConfig | undefined): string | null {
  const mode = config?.mode
  if (!mode || mode.level === 'full') return null
  const { banner } = MODES[mode.level]
  return mode.why === null ? banner : `${banner} Reason: ${mode.why.replace(/[.]$/, '')}.`
}

interface SpecialBannerProps {
  config: ServerConfig | undefined
  me?: User
}

/** Says that this Netra, or this account, is not for daily use, or not for everything now. */
export function SpecialBanner({ config, me }: SpecialBannerProps) {
  return (
    <>
      <Banner label="About the start of this Netra" words={bypassWords(config)} isSerious />
      <Banner label="What is possible now" words={modeWords(config)} isSerious />
      <Banner label="About this Netra" words={accountWords(config, me)} />
    </>
  )
}

interface BannerProps {
  label: string
  words: string | null
  isSerious?: boolean
}

function Banner({ label, words, isSerious = false }: BannerProps) {
  if (words === null) return null
  return (
    <aside
      aria-label={label}
      className={`flex shrink-0 items-start justify-center gap-2 border-b border-line px-4 py-1.5 text-sm ${
        isSerious ? 'bg-danger-wash' : 'bg-accent-wash'
      }`}
    >
      <WarningIcon size={16} className={`mt-0.5 ${isSerious ? 'text-danger' : 'text-warn'}`} />
      <p className="min-w-0 wrap-anywhere">{words}</p>
    </aside>
  )
}
