export const MAIL_KINDS = [
  'verify_email',
  'password_reset',
  'already_registered',
  'password_changed',
] as const
/** What an e-mail is about. */
export type MailKind = (typeof MAIL_KINDS)[number]

export interface Mail {
  to: string
  subject: string
  text: string
  html: string
}

interface Words {
  subject: string
  paragraphs: readonly string[]
  button: string
  after: readonly string[]
}

const NOT_YOU = 'If this was not you, nothing has happened: you can ignore this e-mail.'

const WORDS: Record<MailKind, Words> = {
  verify_email: {
    subject: 'Confirm your e-mail address for Netra',
    paragraphs: ['Welcome to Netra. Please confirm that this is your e-mail address:'],
    button: 'Confirm the address',
    after: ['The link works once, for 24 hours.', NOT_YOU],
  },
  password_reset: {
    subject: 'Choose a new password for Netra',
    paragraphs: ['Somebody, hopefully you, asked for a new password at Netra. Choose it here:'],
    button: 'Choose a password',
    after: ['The link works once, for one hour. Until then your old password stays.', NOT_YOU],
  },
  already_registered: {
    subject: 'You have an account at Netra already',
    paragraphs: [
      'Somebody, hopefully you, tried to register at Netra with this e-mail address. There is an account for it already, so no new one was made.',
      'Sign in there. If you do not know the password, ask for a new one on the same page:',
    ],
    button: 'Sign in',
    after: [NOT_YOU],
  },
  password_changed: {
    subject: 'Your password for Netra was changed',
    paragraphs: [
      'The password of your account at Netra was changed just now, and all other devices were signed out.',
      'If this was not you, ask for a new password at once ("Forgot password?"), and tell your administrator:',
    ],
    button: 'Sign in',
    after: [],
  },
}

/** The e-mail of a kind, in plain text and simple HTML. Nothing in it comes from a stranger. */
export function mailFor(kind: MailKind, { to, url }: { to: string; url: string }): Mail {
  const { subject, paragraphs, button, after } = WORDS[kind]
  const text = [...paragraphs, url, ...after].join('\n\n')
  const body = [
    ...paragraphs.map(paragraph),
    `<p><a href="${escaped(url)}" style="${BUTTON}">${escaped(button)}</a></p>`,
    `<p style="color:#667085;font-size:13px">Or open this address: ${escaped(url)}</p>`,
    ...after.map(paragraph),
  ].join('\n')
  const html = `<!doctype html>\n<html lang="en"><body style="${BODY}">\n${body}\n</body></html>\n`
  return { to, subject, text: `${text}\n`, html }
}

const BODY =
  'font:16px/1.5 system-ui,sans-serif;color:#1d2939;max-width:36em;margin:2em auto;padding:0 1em'
const BUTTON =
  'display:inline-block;padding:.6em 1.2em;border-radius:8px;background:#1d2939;color:#fff;text-decoration:none'

const paragraph = (text: string): string => `<p>${escaped(text)}</p>`

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
