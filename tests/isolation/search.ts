/**
 * Which of somebody's things a text holds, also as base64, percent-encoded or in another case; not
 * those that whoever asked has named themselves.
 */
export function found(text: string, secrets: Iterable<string>, named = ''): string[] {
  const whole = text.toLowerCase()
  const own = named.toLowerCase()
  return [...secrets].filter((secret) => {
    if (secret.length < 8) throw new Error(`"${secret}" is too short to search for`)
    return formsOf(secret).some(
      (form) => whole.includes(form.toLowerCase()) && !own.includes(secret.toLowerCase()),
    )
  })
}

const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  // The start alone: what stands around the secret moves its end.
  Buffer.from(secret)
    .toString('base64')
    .replace(/..?=*$/, ''),
  Buffer.from(secret).toString('hex'),
]
