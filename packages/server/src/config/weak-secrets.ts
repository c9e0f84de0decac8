import type { Settings } from './settings.ts'

/** Words that stand where a secret is meant to be filled in, and the first guesses of everybody. */
const PLACEHOLDER =
  /change.?me|replace.?me|your[-_ ]|example|placeholder|^<.*>$|^\[.*\]$|\bxxx+|todo|dummy|insecure|^(?:secret|password|passw0rd|pass|default|test|testing|dev|admin|root|postgres|netra|token|key|123\w*|abc\w*|qwerty\w*)$/i
const LEAST_CHARACTERS = 16
const LEAST_DIFFERENT = 8

/** What somebody chose, as opposed to what a provider gave. */
const CHOSEN = ['metricsToken', 'serviceSecret', 'e2eKey', 'stagingJwtSecret'] as const
const GIVEN = [
  'openaiApiKey',
  'anthropicApiKey',
  'googleApiKey',
  'googleClientSecret',
  'oidcClientSecret',
] as const
const ADDRESSES = ['databaseUrl', 'smtpUrl'] as const

/** Settings whose secret protects nothing, each with why; never with the secret. */
export function weakSecrets(
  settings: Pick<
    Settings,
    (typeof CHOSEN)[number] | (typeof GIVEN)[number] | (typeof ADDRESSES)[number]
  >,
): { name: keyof Settings; why: string }[] {
  return [
    ...CHOSEN.flatMap((name) => told(name, chosenProblem(settings[name]))),
    ...GIVEN.flatMap((name) => told(name, placeholderProblem(settings[name]))),
    ...ADDRESSES.flatMap((name) => told(name, placeholderProblem(passwordOf(settings[name])))),
  ]
}

const told = (name: keyof Settings, why: string | undefined) =>
  why === undefined ? [] : [{ name, why }]

const placeholderProblem = (secret: string | undefined): string | undefined =>
  secret !== undefined && PLACEHOLDER.test(secret) ? 'is a placeholder' : undefined

function chosenProblem(secret: string | undefined): string | undefined {
  if (secret === undefined) return undefined
  const placeholder = placeholderProblem(secret)
  if (placeholder !== undefined) return placeholder
  if (secret.length < LEAST_CHARACTERS) return `is shorter than ${LEAST_CHARACTERS} characters`
  return new Set(secret).size < LEAST_DIFFERENT ? 'repeats a few characters' : undefined
}

/** Undefined when the address holds none: the server may know the caller by other means. */
function passwordOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  const { password } = new URL(url)
  return password === '' ? undefined : decodeURIComponent(password)
}
