/** Reports are sent around: what opens an account must not be in them, whoever noted it. */
export class Secrets {
  /** Each with how it is written in an address. */
  readonly #known = new Map<string, string>()
  /** What a server names as secret may be anything, and any number of it: the latest are kept. */
  readonly #learned = new Map<string, string>()

  add(text: unknown): void {
    // What is shorter is found in ordinary words.
    if (typeof text === 'string' && text.length >= 8) this.#known.set(text, encoded(text))
  }

  /** Takes what a JSON answer names as secret. */
  learn(text: string): void {
    for (const [, value = ''] of text.matchAll(FIELDS)) {
      if (value.length < 8 || value.length > LONGEST) continue
      this.#learned.delete(value)
      this.#learned.set(value, encoded(value))
      if (this.#learned.size <= MOST_LEARNED) continue
      const [oldest] = this.#learned.keys()
      if (oldest !== undefined) this.#learned.delete(oldest)
    }
  }

  redact(text: string): string {
    let clean = text
    for (const [secret, inAddress] of [...this.#known, ...this.#learned]) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, '…')
      if (inAddress !== secret) clean = clean.replaceAll(inAddress, '…')
    }
    return PATTERNS.reduce((rest, pattern) => rest.replace(pattern, '$1…'), clean)
  }

  /** The beginning of a text of any length, without secrets. */
  shown(text: string, chars: number): string {
    const clean = this.redact(text.slice(0, chars + LOOKED_AT))
    // Where the text is cut, half of a secret is not known for one.
    const whole = text.length > chars + LOOKED_AT ? Math.max(0, clean.length - LONGEST) : chars
    return clean.slice(0, Math.min(chars, whole))
  }
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

const LONGEST = 2_048
const LOOKED_AT = 4 * LONGEST
const MOST_LEARNED = 500

const FIELDS =
  /"(?:access_token|refresh_token|ticket|token|secret|password|challenge|key|cookie)"\s*:\s*"([^"]+)"/g

/** The first group stays. Each looks at every character a fixed number of times. */
const PATTERNS = [
  /("(?:access_token|refresh_token|ticket|token|secret|password|new_password|challenge|key|cookie)"\s*:\s*")[^"]+/g,
  /(\bBearer\s+)[\w.~+/=-]{8,}/gi,
  /(\bjwt\.)[\w-]{8,}/g,
  /()(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /(\bnetra_session\w*=)[^;\s]+/g,
  /(\bnetra_device\w*=)[^;\s]+/g,
  /([#?&](?:token|access_token|ticket|code)=)[^&\s"]+/g,
]
